package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/machine"

	"github.com/spf13/pflag"
)

// --dry-run: what a verb would write, how large that is, how much memory it would take, and how long.

// registerDryRun adds --dry-run.
func registerDryRun(flags *pflag.FlagSet, dry *bool) {
	defer inGroup(flags, groupOutput)()
	flags.BoolVar(dry, "dry-run", false,
		"write nothing; say what would be written, how much memory it takes and how long")
}

// printForeseen prints what is read and computed: images with weights to outputs.
func printForeseen(w io.Writer, src, weight, dst conv.Shape) {
	printLine(w, "dry run   nothing is written")
	printLine(w, "shapes    images %v, weights %v, outputs %v", src, weight, dst)
}

// printMemory prints how much memory a verb would take at most, and how much is free.
func printMemory(w io.Writer, bytes float64) {
	printLine(w, "memory    at most %s, of %s free", machine.Size(bytes), machine.Size(machine.FreeMemory()))
}

// printTime prints how long a job would take. On a GPU images are drawn while others are convolved; on the CPU both
// take the same processors.
func printTime(w io.Writer, f experiment.Forecast, apart bool) {
	time := f.Draw + f.Convolve
	if apart {
		time = max(f.Draw, f.Convolve)
	}
	printLine(w, "time      about %s: drawing %s, convolving %s, as %d of %s took; checking, pictures and the disk "+
		"come on top", spell(time), spell(f.Draw), spell(f.Convolve), f.Measured, counted(f.Images, "image"))
}

// spell formats a time for people.
func spell(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.2g s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// printFiles prints the names of the files that would be written. The first is an array of this many bytes.
func printFiles(w io.Writer, names []string, bytes float64) {
	line := fmt.Sprintf("files     %s of %s", fault.Printable(names[0]), machine.Size(bytes))
	for _, name := range names[1:] {
		line += ", " + fault.Printable(name)
	}
	printLine(w, "%s", line)
}

// unwritten takes the files of a report and keeps their names and sizes only.
type unwritten struct{ files []string }

// Write calls write with a writer that counts.
func (u *unwritten) Write(name string, write func(io.Writer) error) error {
	var size counter
	if err := write(&size); err != nil {
		return err
	}
	u.files = append(u.files, name+" of "+machine.Size(float64(size)))
	return nil
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(text []byte) (int, error) {
	*c += counter(len(text))
	return len(text), nil
}

// print prints the files that would be in a folder.
func (u *unwritten) print(w io.Writer, folder string) {
	printLine(w, "dry run   nothing is written; %s would have %s", fault.Printable(folder), strings.Join(u.files, ", "))
}
