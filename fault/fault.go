// Package fault has the error that a package returns for a wrong argument or file. Fields say what is wrong, so that
// each program can word it: a Go program prints Error, and gpuconv names a flag instead of the package.
package fault

import (
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong and what would be right. Each field but Package may be empty.
type Error struct {
	Package  string // that reports the error: "npy"
	Argument string // what is wrong: a parameter, a setting, the path of a file
	Value    string // the value that was given, as a user would write it
	Rule     string // what would be right: "want 4 dimensions"
	Err      error  // the cause
}

// Error returns one line: package, argument, value, rule, cause.
func (e *Error) Error() string {
	if e.Package == "" {
		return e.Plain()
	}
	return e.Package + ": " + e.Plain()
}

// Plain returns the line without the package, for programs that name the place in another way.
func (e *Error) Plain() string { return e.Beside("", "") }

// Beside returns the line for a place that names a flag and its value already: see the function [Beside].
func (e *Error) Beside(flag, value string) string {
	what, cause := []string{Printable(e.Argument), e.Value}, ""
	if e.Argument == "" || e.Argument == value {
		what[0] = ""
	}
	if Repeats(flag, value, e.Argument, e.Value) {
		what = nil
	}
	if e.Err != nil {
		cause = Beside(flag, value, e.Err)
	}
	return join(": ", join(" ", what...), e.Rule, cause)
}

// Repeats reports whether an argument and its value are what a flag and its value say already. The values are the same,
// and the argument has no name, the flag's, or one that the flag abbreviates: --res 5 says resolution 5, but not size
// 5. An argument's value in quotes is a text that could not be read: it is the flag's, whatever the argument is called.
func Repeats(flag, value, argument, argumentValue string) bool {
	if value == "" {
		return false
	}
	name := strings.ReplaceAll(flag[strings.LastIndex(flag, " ")+1:], "-", " ") // sf of --stimulus sf
	same := argument == "" || name != "" && strings.HasPrefix(argument, name)
	return argumentValue == strconv.Quote(value) || same && argumentValue == value
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Plain returns the text of err without the package that reports it. The error itself decides: it has a method Plain()
// string, as [Error] and [gpuconv/conv.ShapeError] have.
func Plain(err error) string {
	if plain, ok := err.(interface{ Plain() string }); ok {
		return plain.Plain()
	}
	return err.Error()
}

// Beside returns the text of err for a place that names a flag and the value that was given to it. It leaves out the
// package, and what err repeats: value as its argument (the path of a file), or the flag's name and value as its
// argument and value (see [Repeats]). flag is without dashes.
//
// The error itself decides, with a method Beside(flag, value string) string, as for [Plain].
func Beside(flag, value string, err error) string {
	if beside, ok := err.(interface{ Beside(string, string) string }); ok && value != "" {
		return beside.Beside(flag, value)
	}
	return Plain(err)
}

// join joins the parts that are not empty.
func join(separator string, parts ...string) string {
	var filled []string
	for _, p := range parts {
		if p != "" {
			filled = append(filled, p)
		}
	}
	return strings.Join(filled, separator)
}

// New returns an [Error] of a package about an argument and its value; argument and value may be "". [fmt.Sprintf]
// formats the rule.
func New(pkg, argument string, value any, rule string, args ...any) error {
	return &Error{Package: pkg, Argument: argument, Value: fmt.Sprint(value), Rule: fmt.Sprintf(rule, args...)}
}
