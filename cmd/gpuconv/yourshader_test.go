package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a document: the words after the fence, and the lines in it.
type block struct {
	info  string
	lines []string
}

func blocksOf(t *testing.T, path string) (all []block) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch info, fence := strings.CutPrefix(line, "```"); {
		case fence && !inside:
			all = append(all, block{info: info})
			inside = true
		case fence:
			inside = false
		case inside:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
	}
	return all
}

// like reports whether a line is as a document has it, where … is any text.
func like(line, documented string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(documented), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(line)
}

// typeIn runs a command of a document and compares what it prints. A line … is any number of lines, and a line that
// begins with ! is on stderr, of a command that fails.
func typeIn(t *testing.T, dir string, b block) {
	t.Helper()
	args, ok := strings.CutPrefix(b.lines[0], "$ gpuconv ")
	if !ok {
		t.Fatalf("%q is not a command of gpuconv", b.lines[0])
	}
	cmd := program(t, strings.Fields(args)...)
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	want := b.lines[1:]
	if problem, fails := strings.CutPrefix(want[len(want)-1], "! "); fails {
		want = want[:len(want)-1]
		if line := errorLine(t, stderr.String()); err == nil || !like(line, problem) {
			t.Errorf("%s: %v, %q, want %q", b.lines[0], err, line, problem)
		}
	} else if err != nil {
		t.Errorf("%s: %v: %s", b.lines[0], err, stderr.String())
	}
	lines, skip := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n"), false
	for _, w := range want {
		if w == "…" {
			skip = true
			continue
		}
		for skip && len(lines) > 0 && !like(lines[0], w) {
			lines = lines[1:]
		}
		if len(lines) == 0 || !like(lines[0], w) {
			t.Errorf("%s: want %q where it prints\n%s", b.lines[0], w, stdout.String())
			return
		}
		lines, skip = lines[1:], false
	}
	if len(lines) > 0 && !skip {
		t.Errorf("%s prints more: %q", b.lines[0], lines)
	}
}

// changed applies a block of diff to a text, in which the removed lines are once.
func changed(t *testing.T, text string, b block) string {
	t.Helper()
	var before, after string
	for _, line := range b.lines {
		if line[0] == '-' {
			before += line[1:] + "\n"
		} else {
			after += line[1:] + "\n"
		}
	}
	if strings.Count(text, before) != 1 {
		t.Fatalf("%q is not in the file once", before)
	}
	return strings.Replace(text, before, after, 1)
}

// TestYourShader does what docs/your-shader.md says: it writes the files, makes each change for the next command alone,
// and types the commands.
func TestYourShader(t *testing.T) {
	unraced(t)
	needGPU(t)
	dir, shader, commands := t.TempDir(), "", 0
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range blocksOf(t, "../../docs/your-shader.md") {
		kind, name, _ := strings.Cut(b.info, " ")
		text := strings.Join(b.lines, "\n") + "\n"
		switch kind {
		case "glsl":
			shader = text
			write(name, text)
		case "toml":
			write(name, text)
		case "diff":
			write("my.comp", changed(t, shader, b))
		case "console":
			typeIn(t, dir, b)
			commands++
			write("my.comp", shader)
		}
	}
	if commands < 5 {
		t.Errorf("%d commands", commands)
	}
	if pictures, _ := filepath.Glob(filepath.Join(dir, "failures", "*.png")); len(pictures) != 1 {
		t.Errorf("pictures %q, want one", pictures)
	}
}
