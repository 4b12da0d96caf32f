package main

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"gpuconv/param"

	"github.com/spf13/pflag"
)

// Package param reads the numbers of flags, as it reads those of lists and tables: finite, in decimal digits. pflag's
// own flags are not used for numbers: they would accept 0x10 and 1_000, and read 010 as 8. TestNumbersOfFlags checks
// that.

// numberFlag is a flag that is a number.
type numberFlag float64

func (n *numberFlag) Set(text string) error {
	v, err := param.ParseNumber(text)
	*n = numberFlag(v)
	return err
}

func (n *numberFlag) String() string { return strconv.FormatFloat(float64(*n), 'g', -1, 64) }

// Type implements [pflag.Value]. Help shows it.
func (n *numberFlag) Type() string { return "float64" }

// wholeFlag is a flag that is a whole number.
type wholeFlag int

func (n *wholeFlag) Set(text string) error {
	v, err := param.ParseWhole(text)
	*n = wholeFlag(v)
	return err
}

func (n *wholeFlag) String() string { return strconv.Itoa(int(*n)) }

// Type implements [pflag.Value].
func (n *wholeFlag) Type() string { return "int" }

// seedFlag is a flag that is a whole number of at least 0.
type seedFlag uint64

func (n *seedFlag) Set(text string) error {
	v, err := param.ParseSeed(text)
	*n = seedFlag(v)
	return err
}

func (n *seedFlag) String() string { return strconv.FormatUint(uint64(*n), 10) }

// Type implements [pflag.Value].
func (n *seedFlag) Type() string { return "uint64" }

// numberVar defines a flag that is a number.
func numberVar(flags *pflag.FlagSet, at *float64, name string, value float64, help string) {
	*at = value
	flags.Var((*numberFlag)(at), name, help)
}

// wholeVar defines a flag that is a whole number.
func wholeVar(flags *pflag.FlagSet, at *int, name string, value int, help string) {
	*at = value
	flags.Var((*wholeFlag)(at), name, help)
}

// seedVar defines a flag that is a whole number of at least 0.
func seedVar(flags *pflag.FlagSet, at *uint64, name string, value uint64, help string) {
	*at = value
	flags.Var((*seedFlag)(at), name, help)
}

// sizeFlag is a flag that is a number of bytes, such as 512MiB.
type sizeFlag struct {
	bytes float64 // 0: not typed
	text  string
}

// sizes are the units of sizeFlag.
var sizes = map[string]float64{"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

func (s *sizeFlag) Set(text string) error {
	number := strings.TrimRightFunc(text, unicode.IsLetter)
	unit, known := sizes[text[len(number):]]
	v, err := param.ParseNumber(strings.TrimSpace(number))
	if err != nil || !known || !(v > 0) {
		return errors.New("want a number of bytes above 0 with a unit, such as 512MiB or 2GB")
	}
	*s = sizeFlag{v * unit, text}
	return nil
}

func (s *sizeFlag) String() string { return s.text }

// Type implements [pflag.Value]. Help shows it.
func (s *sizeFlag) Type() string { return "size" }

// wanted says what the flag takes, for errors.
func (s *sizeFlag) wanted() string {
	return "a number of bytes above 0 with a unit, such as 512MiB or 2GB"
}
