import { useEffect, useRef } from "preact/hooks";
import type { Components, Step } from "../contract.gen";
import { Nodes, Render, type Slot } from "../runtime/render";
import { Picture } from "./primitives";

/** Room that a sticky header may take, as the style sheet leaves it too. */
const TOP_PX = 64;
const SAID: Record<Step["state"], string> = {
  todo: "not yet",
  current: "current",
  done: "done",
  error: "has errors",
};

interface StepsProps {
  readonly steps: readonly Step[];
  readonly label: string;
  readonly current?: string;
  readonly onStep?: (step: string) => void;
}

function Steps({ steps, label, current, onStep }: StepsProps) {
  return (
    <ol class="cx-steps" aria-label={label}>
      {steps.map((step, at) => {
        const isCurrent = current === undefined ? step.state === "current" : step.id === current;
        const state = isCurrent && step.state !== "error" ? "current" : step.state;
        const inside = (
          <>
            <span class="cx-step-mark">
              {step.state === "done" && !isCurrent ? (
                <Picture name="check" size={14} />
              ) : state === "error" ? (
                <Picture name="triangle-alert" size={14} />
              ) : (
                at + 1
              )}
            </span>
            <span class="cx-step-text">
              {step.label}
              {step.note && <span class="cx-small cx-muted">{step.note}</span>}
            </span>
            <span class="cx-hidden">, {SAID[state]}</span>
          </>
        );
        const canGo =
          onStep && !isCurrent && !step.closed && (step.state === "done" || step.state === "error");
        return (
          <li key={step.id} class={`cx-step cx-step-${state}`} aria-current={isCurrent ? "step" : undefined}>
            {canGo ? (
              <button type="button" class="cx-step-link" onClick={() => onStep(step.id)}>
                {inside}
              </button>
            ) : (
              <span class="cx-step-link">{inside}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

export function Stepper({ steps, on_step, label }: Components["Stepper"]) {
  return (
    <Steps steps={steps} label={label} onStep={on_step ? (step) => void on_step({ step }) : undefined} />
  );
}

export function Wizard({ steps, value, footer, label, node }: Components["Wizard"] & Slot) {
  const current = String(value.value ?? steps[0]?.id ?? "");
  const panel = useRef<HTMLDivElement>(null);
  const shown = useRef(current);
  useEffect(() => {
    if (shown.current === current) return;
    shown.current = current;
    // A new step is read from its beginning, by the eye and by a screen reader.
    panel.current?.focus({ preventScroll: true });
    const box = panel.current?.parentElement;
    // Where it begins above the window, its steps are brought back into sight; else nothing moves.
    if (box && box.getBoundingClientRect().top < TOP_PX) box.scrollIntoView({ block: "start" });
  }, [current]);
  const child = node.ch?.find((each) => each.k === current);
  return (
    <div class="cx-wizard">
      <Steps steps={steps} label={label} current={current} onStep={(step) => value.set(step)} />
      <div
        class="cx-wizard-panel"
        ref={panel}
        tabIndex={-1}
        role="group"
        aria-label={steps.find((step) => step.id === current)?.label}
      >
        {child && <Render key={child.k} node={child} />}
      </div>
      {footer.length > 0 && (
        <div class="cx-wizard-footer">
          <Nodes nodes={footer} />
        </div>
      )}
    </div>
  );
}
