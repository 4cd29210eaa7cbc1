import { useEffect, useState } from "preact/hooks";
import type { Components } from "../contract.gen";
import { CallError } from "../runtime/transport";
import { CopyButton, save } from "./actions";
import { pieces } from "./highlight";
import { Picture } from "./primitives";

export function Code({ text, language, label, height, wrap, on_load, download }: Components["Code"]) {
  const [loaded, setLoaded] = useState<string | undefined>();
  const [failure, setFailure] = useState("");
  useEffect(() => {
    if (!on_load) return;
    let alive = true;
    on_load.ask().then(
      (value) => alive && setLoaded(String(value ?? "")),
      (error: CallError | Error) =>
        alive && setFailure(error instanceof CallError ? error.failure.message : String(error)),
    );
    return () => {
      alive = false;
    };
  }, []);
  const shown = on_load ? loaded : text;
  return (
    <figure class="cx-code">
      <figcaption class="cx-code-head">
        <span>{label || language}</span>
        {download && shown && (
          <button
            type="button"
            class="cx-button cx-button-ghost cx-button-icon cx-button-small"
            aria-label={`Download ${download}`}
            title={`Download ${download}`}
            onClick={() => save(download, shown, "text/plain")}
          >
            <Picture name="download" size={14} />
          </button>
        )}
        <CopyButton label="Copy" look="ghost" iconOnly text={() => shown ?? ""} />
      </figcaption>
      {failure ? (
        <p class="cx-tone-danger cx-pad-normal" role="alert">
          {failure}
        </p>
      ) : shown === undefined ? (
        <div class="cx-pad-normal cx-skeleton cx-skeleton-lines" role="status" aria-label="Loading">
          <span class="cx-bone" />
          <span class="cx-bone" />
        </div>
      ) : (
        <pre
          class={`cx-pre${wrap ? " cx-wrap-text" : ""}`}
          style={{ maxHeight: `${height}px` }}
          tabIndex={0}
          role="region"
          aria-label={label || `${language} code`}
        >
          <code>
            {pieces(shown, language).map(([piece, kind], at) =>
              kind ? (
                <span key={at} class={`cx-tok-${kind}`}>
                  {piece}
                </span>
              ) : (
                piece
              ),
            )}
          </code>
        </pre>
      )}
    </figure>
  );
}
