// Package glfw opens OpenGL 4.3 core contexts of hidden windows, through GLFW. It
// serves systems without EGL, such as Windows, and windows that show something. It
// needs a display, and the build tag glfw: without it, [Open] says so.
//
// GLFW's documentation (3.3, "Thread safety") restricts initialisation, events and
// the making and ending of windows to the process's main OS thread. A program
// therefore gives that thread to [Main]; everything else may be called from
// anywhere. A window's context is current on the thread that called Open, which
// is allowed to any.
//
// GLFW is never terminated: that would take contexts from threads that may still
// compute when the process ends. They end with it.
package glfw
