import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Wraps long lines of the operation editor: reports are pasted there as running text. */
export function WrappedLines(): null {
  const editor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => editor?.updateOptions({ wordWrap: "on" }), [editor]);
  return null;
}
