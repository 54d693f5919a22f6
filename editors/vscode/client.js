// The client: starts `prove lsp` for .khp files.  All else is the server's.

"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = function activate() {
  const [command, ...args] = workspace.getConfiguration("prove").get("command");
  client = new LanguageClient(
    "prove",
    "prove",
    { command, args },
    {
      documentSelector: [{ language: "khp" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.khp") },
    },
  );
  return client.start();
};

exports.deactivate = function deactivate() {
  return client ? client.stop() : undefined;
};
