// Package fault defines the error that packages return for a wrong argument or file. Its fields say what is wrong, so
// that each program can word it: a Go program prints Error, and gpuconv names a flag instead of the package.
package fault

import (
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong and what would be right. Each field may be empty.
type Error struct {
	Package  string // the package that reports the error: "npy"
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

// Plain returns the line without the package, for programs that name a flag or a file instead.
func (e *Error) Plain() string { return e.Beside("", "") }

// Beside returns the line for a message that already names a flag and its value: see the function [Beside].
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

// Repeats reports whether an error's argument and its value only repeat a flag and its value. They do if the values are
// equal, and the argument has no name or one that begins with the name of the flag. For example, --res 5 already says
// "resolution 5", but not "size 5". They also do, whatever the name of the argument, if argumentValue is value in
// quotes: errors show text in quotes if they could not read it.
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

// Plain returns the text of err without the package that reports it. It calls the method Plain() string of err, which
// [Error] and [gpuconv/conv.ShapeError] have. Of other errors it returns the whole text.
func Plain(err error) string {
	if plain, ok := err.(interface{ Plain() string }); ok {
		return plain.Plain()
	}
	return err.Error()
}

// Beside returns the text of err for a message that already names a flag and its value. It leaves out the package and
// what would be said twice: an argument that equals value (the path of a file), or an argument and its value that
// repeat the flag and its value (see [Repeats]). flag has no leading dashes.
//
// It calls the method Beside(flag, value string) string of err. Without that method, or with an empty value, it returns
// what [Plain] returns.
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

// New returns an [Error] of package pkg about an argument and its value; argument and value may be "". [fmt.Sprintf]
// formats the rule with args.
func New(pkg, argument string, value any, rule string, args ...any) error {
	return &Error{Package: pkg, Argument: argument, Value: fmt.Sprint(value), Rule: fmt.Sprintf(rule, args...)}
}
