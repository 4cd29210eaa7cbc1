import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Picture } from "../components/primitives";
import { type Bias, type Entry, ranked } from "./rank";

interface Sources {
  readonly entries: () => readonly Entry[];
  readonly bias: () => Bias;
}

/** The command palette: one dialog for pages, actions, themes and jobs. */
export class Palette {
  private readonly dialog = document.createElement("dialog");

  constructor(private readonly sources: Sources) {
    this.dialog.className = "sh-palette";
    this.dialog.setAttribute("aria-label", "Search pages and actions");
    this.dialog.addEventListener("close", () => render(null, this.dialog));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.body.append(this.dialog);
  }

  open(text = ""): void {
    if (this.dialog.open) return;
    const entries = this.sources.entries();
    const close = () => this.dialog.close();
    render(<Field entries={entries} bias={this.sources.bias()} start={text} close={close} />, this.dialog);
    this.dialog.showModal();
  }
}

interface FieldProps {
  readonly entries: readonly Entry[];
  readonly bias: Bias;
  readonly start: string;
  readonly close: () => void;
}

function Field({ entries, bias, start, close }: FieldProps) {
  const [text, setText] = useState(start);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = ranked(entries, text, bias);
  const active = found[at];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, text]);
  const run = (entry: Entry | undefined, aside: boolean) => {
    if (!entry) return;
    close();
    if (aside && entry.href) window.open(entry.href, "_blank", "noopener");
    else entry.run();
  };
  const pressed = (event: KeyboardEvent) => {
    const last = found.length - 1;
    if (event.key === "ArrowDown") setAt(at >= last ? 0 : at + 1);
    else if (event.key === "ArrowUp") setAt(at <= 0 ? Math.max(last, 0) : at - 1);
    else if (event.key === "Enter") run(active, event.ctrlKey || event.metaKey);
    else if (event.key === "Tab" && active) setText(active.title);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div class="sh-palette-field">
        <Picture name="search" />
        <input
          type="text"
          role="combobox"
          aria-label="Search pages and actions"
          aria-expanded="true"
          aria-controls="sh-found"
          aria-autocomplete="list"
          aria-activedescendant={active ? `sh-found-${at}` : undefined}
          placeholder="Search pages and actions; > for actions, # for jobs"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={pressed}
        />
        <kbd>Esc</kbd>
      </div>
      <div class="sh-palette-list" id="sh-found" role="listbox" aria-label="Found" ref={list}>
        {found.map((entry, index) => (
          <div
            key={entry.id}
            id={`sh-found-${index}`}
            class="sh-item"
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={(event) => run(entry, event.ctrlKey || event.metaKey)}
            onKeyDown={pressed}
            tabIndex={-1}
          >
            <Picture name={entry.icon} />
            <span class="sh-grow">{entry.title}</span>
            <small>{entry.note}</small>
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p class="sh-palette-none" role="status">
          Nothing is called “{text}”.
        </p>
      )}
    </>
  );
}
