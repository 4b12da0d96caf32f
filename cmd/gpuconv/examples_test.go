package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// heavy are examples that take long or need a network: by how they begin, and what is typed after them here. gpuconv
// bench still has to make the reports that the examples after it read, and so measures only briefly.
var heavy = []struct{ begin, more string }{
	{"gpuconv verify --input", ""},
	{"gpuconv verify --print", ""},
	{"gpuconv verify", "--list"},
	{"gpuconv bench compare", ""},
	{"gpuconv bench report", ""},
	{"gpuconv bench --suite seed --cases", "--limit 20s --count 1 --time 1ms --noise 1"},
	{"gpuconv bench --problem --input", "--backend cpu --limit 20s --count 1 --time 1ms --noise 1"},
	{"gpuconv bench", "--list"},
	{"gpuconv autotune --forget", ""},
	{"gpuconv autotune", "--forget"},
	{"gpuconv data --download", "--dry-run"},
}

// TestExamples: the examples in the help of each verb run as they are typed, one after the other, in a folder that is
// empty at first. Only heavy ones get further flags.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("make test types them without a race detector")
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	ran := 0
	each(newRoot(), func(cmd *cobra.Command, verb string) {
		lines := examplesOf(cmd)
		if len(lines) == 0 && cmd.Runnable() && verb != "" && !strings.HasPrefix(verb, "help") &&
			!strings.HasPrefix(verb, "completion") {
			t.Errorf("%s has no example", verb)
		}
		dir := t.TempDir()
		for _, line := range lines {
			if strings.Contains(line, "--input stringer.npz") {
				recordings(t, filepath.Join(dir, "stringer.npz")) // in place of the download
			}
			if strings.Contains(line, "--backend gpu") || strings.HasPrefix(line, "gpuconv autotune ") {
				if ok, err := condition("gpu"); err != nil {
					t.Fatal(err)
				} else if !ok {
					continue
				}
			}
			ran++
			c := program(t)
			c.Path, c.Args, c.Dir = shell, []string{"sh", "-c", harmlessly(line)}, dir
			out, err := c.CombinedOutput()
			if strings.HasPrefix(line, "gpuconv bench compare") && c.ProcessState.ExitCode() == exitFailed {
				continue // a verdict on times, which depends on the machine
			}
			if err != nil {
				t.Errorf("%s: %s: %v\n%s", verb, c.Args[2], err, out)
			}
		}
	})
	if ran < 40 {
		t.Errorf("%d examples were run", ran)
	}
}

// examplesOf returns the commands in the examples of a verb, each in one line. Text around them is not indented.
func examplesOf(cmd *cobra.Command) (lines []string) {
	text := regexp.MustCompile(`\\\n\s+`).ReplaceAllString(cmd.Example, "")
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	return lines
}

// harmlessly returns a command with the flags of heavy. What is written to a file by the shell comes last.
func harmlessly(line string) string {
	for _, h := range heavy {
		if strings.HasPrefix(line, h.begin) {
			command, file, redirected := strings.Cut(line, " > ")
			if h.more != "" && !strings.Contains(command, h.more) {
				command += " " + h.more
			}
			if redirected {
				command += " > " + file
			}
			return command
		}
	}
	return line
}
