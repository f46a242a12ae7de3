/** What `vscode` is outside of the host: no module, so that importing it is an error. Its types, being installed, would
 * be found otherwise. */
