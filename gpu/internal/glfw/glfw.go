// Package glfw opens OpenGL 4.3 core contexts of hidden windows, through GLFW. It serves systems without EGL, such as
// Windows. It needs a display, and the build tag glfw: without the tag, [Open] returns an error.
//
// GLFW's documentation (3.3, "Thread safety") restricts initialisation, events, and making and destroying windows to
// the process's main OS thread. A program therefore gives that thread to [Main]. Everything else may be called on any
// thread. The context of a window is current on the thread that called Open, which may be any thread.
//
// GLFW is never terminated: that would destroy contexts in which threads may still compute. The contexts end with the
// process.
package glfw
