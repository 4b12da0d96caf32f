package main

import (
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"

	"gpuconv/fault"
	"gpuconv/machine"
)

// usageError marks an error of the call itself, for exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usage marks err as an error of the call; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// flagError is an error about what was given to a flag: "--size 1: want 2 or more".
type flagError struct {
	flag   string // without dashes
	value  string // what was given; empty if err itself names it, for example a file
	quoted bool   // the value is shown in quotes, because it could not be parsed
	err    error
}

// Error names the flag and its value, and then what is wrong with it. It repeats neither the value nor the package.
func (e flagError) Error() string {
	switch {
	case e.quoted:
		return "--" + e.flag + " " + strconv.Quote(e.value) + ": " + fault.Beside(e.flag, e.value, e.err)
	case e.value == "":
		return "--" + e.flag + ": " + fault.Plain(e.err)
	}
	return "--" + e.flag + " " + fault.Printable(e.value) + ": " + fault.Beside(e.flag, e.value, e.err)
}

func (e flagError) Unwrap() error { return e.err }

// failed adds to err the flag and the value that it is about. The call itself was right, but for instance a file cannot
// be read or a disk is full: exit code 1. nil stays nil.
func failed(flag, value string, err error) error {
	if err == nil {
		return nil
	}
	return flagError{flag: flag, value: value, err: err}
}

// refused is like failed, but the call was wrong: exit code 2.
func refused(flag, value string, err error) error { return usage(failed(flag, value, err)) }

// misread is like refused, for text that cannot be parsed as a value of the flag. It is shown in quotes.
func misread(flag, text string, err error) error {
	return usage(flagError{flag: flag, value: text, quoted: true, err: err})
}

// unknown is like misread, for a text that is none of the choices of a flag.
func unknown(flag, text string, choices []string) error {
	return misread(flag, text, fmt.Errorf("%swant %s", similar(text, "", choices), either(choices)))
}

// plainError is an error whose text leaves out the package that reports it. It also leaves out named, which the message
// around it already says.
type plainError struct {
	err   error
	named string // the value argument of fault.Beside
}

func (e plainError) Error() string { return fault.Beside("", e.named, e.err) }
func (e plainError) Unwrap() error { return e.err }

// plain returns err without the name of the package that reports it; nil stays nil.
func plain(err error) error {
	if err == nil {
		return nil
	}
	return plainError{err: err}
}

// checkMemory refuses what needs more memory than the machine has free.
func checkMemory(what string, bytes float64) error { return usage(machine.CheckMemory(what, bytes)) }

// aside is the memory in bytes that the program itself needs beside its jobs.
const aside = 64 << 20

// beside is what the program takes at most beside what is reserved: aside, and its code.
const beside = 2 * aside

// reserve is like checkMemory, but for a job that is about to take the memory. It also sets Go's memory limit, so that
// Go collects garbage before the program takes more than was reserved in all.
func reserve(what string, bytes float64) error {
	if err := checkMemory(what, bytes); err != nil {
		return err
	}
	limit := float64(debug.SetMemoryLimit(-1)) // what was reserved before
	if limit == math.MaxInt64 {
		limit = aside
	}
	debug.SetMemoryLimit(int64(min(limit+bytes, math.MaxInt64/2)))
	return nil
}

// checkDisk refuses an output that does not fit on the disk of path.
func checkDisk(what, path string, bytes float64) error {
	return usage(machine.CheckDisk(what, path, bytes))
}

// oneLine joins the lines of a text, such as those of joined errors.
func oneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// either lists choices: a, b or c.
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
