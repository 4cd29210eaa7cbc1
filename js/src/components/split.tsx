import { useRef } from "preact/hooks";
import type { Components } from "../contract.gen";
import { Render, type Slot } from "../runtime/render";
import { useLooks } from "../runtime/ui_state";

export function Split({ id, first_width, min_width, node }: Components["Split"] & Slot) {
  const [width, setWidth] = useLooks(`split:${id}`, first_width);
  const box = useRef<HTMLDivElement>(null);
  const most = () => Math.max(min_width, (box.current?.clientWidth ?? 1200) - min_width);
  const move = (wanted: number) => setWidth(Math.round(Math.min(Math.max(wanted, min_width), most())));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 64 : 16;
    const wanted = {
      ArrowLeft: width - step,
      ArrowRight: width + step,
      Home: min_width,
      End: most(),
      Enter: width > min_width ? min_width : first_width,
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    move(wanted);
  };
  const onPointerDown = (event: PointerEvent) => {
    const bar = event.currentTarget as HTMLElement;
    bar.setPointerCapture(event.pointerId);
    const left = box.current?.getBoundingClientRect().left ?? 0;
    const drag = (moved: PointerEvent) => move(moved.clientX - left);
    bar.addEventListener("pointermove", drag);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", drag), {
      once: true,
    });
  };
  const [first, second] = node.ch ?? [];
  return (
    <div class="cx-split" ref={box} style={{ gridTemplateColumns: `${width}px 9px minmax(0, 1fr)` }}>
      <div class="cx-split-part">{first && <Render node={first} />}</div>
      <div
        class="cx-separator"
        role="separator"
        tabIndex={0}
        aria-label="Width of the left panel"
        aria-orientation="vertical"
        aria-valuenow={width}
        aria-valuemin={min_width}
        aria-valuemax={most()}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onDblClick={() => move(first_width)}
      />
      <div class="cx-split-part">{second && <Render node={second} />}</div>
    </div>
  );
}
