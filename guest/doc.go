// Package guest makes a backend of a compute shader, or of a program, that somebody else wrote, so that it can be
// judged. The program reads and writes files.
//
// A shader comes with an [Interface], which is read from TOML: where its buffers and uniforms are, how its weights are
// packed, how many work-groups it needs, and which problems it accepts. [Open] opens such a shader on a device, in this
// process. [Start] does so in a child process: if the shader crashes the driver or does not end, only the child ends,
// and the caller gets an error. [Program] is a [conv.Backend] that runs a program for each convolution.
package guest
