// Package guest lets backends be judged that somebody else wrote: a compute shader with a file that says how to call
// it, and a program that reads and writes files.
//
// A shader comes with an [Interface], which is read from TOML: where its buffers and uniforms are, how its weights are
// packed, how many work-groups it needs, and which problems it accepts. [Open] opens such a shader on a device, in this
// process. [Start] does so in a child process: a shader that crashes the driver or does not end then ends its child,
// and gives an error. [Program] is a [conv.Backend] that runs a program for each convolution.
package guest
