//go:build glfw && cgo && !nogl

package glfw

import (
	"bytes"
	"errors"
	"log"
	"strings"
	"sync"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// calls makes sure that one goroutine at a time calls GLFW: go-gl keeps the last error of the process, not of each
// thread.
var calls sync.Mutex

// guarded runs f while no one else calls GLFW. It returns the error of f, or the one with which go-gl panics.
func guarded(f func() error) error {
	calls.Lock()
	defer calls.Unlock()
	return attempt(f)
}

// attempt runs f and returns its error, in GLFW's own words. go-gl panics with errors that it blames on the programmer.
// Errors of the platform, such as a missing display, only go to the standard log: attempt takes them from there.
func attempt(f func() error) error {
	text, err := logged(func() error { return raised(f) })
	platform, others := platformErrors(text)
	if err == nil {
		others = text // f succeeded nevertheless
	} else if platform != "" {
		err = errors.New(platform)
	}
	if others != "" {
		log.Writer().Write([]byte(others)) // the log has already added its prefix and time
	}
	var reported *glfw.Error
	if errors.As(err, &reported) {
		return errors.New(reported.Desc)
	}
	return err
}

// logged runs f and returns what f writes to the standard log.
func logged(f func() error) (text string, err error) {
	var written bytes.Buffer
	former := log.Writer()
	log.SetOutput(&written)
	defer func() {
		log.SetOutput(former)
		text = written.String()
	}()
	return "", f()
}

// raised runs f and returns the error that f returns or with which it panics.
func raised(f func() error) (err error) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case *glfw.Error:
			err = value
		default:
			panic(value)
		}
	}()
	return f()
}

// platformErrors returns the descriptions of GLFW's errors in a log, and the other lines.
func platformErrors(logged string) (descriptions, others string) {
	for line := range strings.Lines(logged) {
		_, description, found := strings.Cut(line, "PlatformError: ")
		switch {
		case !found:
			others += line
		case descriptions == "":
			descriptions = strings.TrimSpace(description)
		default:
			descriptions += "; " + strings.TrimSpace(description)
		}
	}
	return descriptions, others
}
