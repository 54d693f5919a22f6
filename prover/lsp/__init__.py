"""The language server: what an editor shows of protocols.  See docs/editor.md."""
