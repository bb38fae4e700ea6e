"""Connections to servers of the Model Context Protocol, over the official package `mcp`.

A server is started, or reached, when it is first asked, on the engine's event loop; one connection
serves all trials of a process, or each trial has its own (`server`). `connection` holds what the
package's client does to a few questions that end: whatever a server does, who asks is told in time.
`stdio` runs a server as a process that is killed however a run ends, `http` reaches one over
streamable HTTP; both bound what a server may send.

Everything that a server says is a stranger's text. The modules that import `mcp` are themselves
imported when a server is first needed, which takes a second (`package`).
"""
