package main

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Pages of docs whose commands are typed beside files of a user.

// TestOwnImagesPage types the commands of docs/own-images.md, beside pictures and the first layer of a network.
func TestOwnImagesPage(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	photos(t, filepath.Join(dir, "photos"), 5)
	model, err := os.ReadFile("testdata/layer.pt")
	if err != nil {
		t.Fatal(err)
	}
	copyTo(t, filepath.Join(dir, "model.pt"), model)
	typedIn(t, dir, "../../docs/own-images.md", 4)
}

// TestReadmeImages types the README's section, in a folder that has the pictures of docs.
func TestReadmeImages(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "docs"), 0o777); err != nil {
		t.Fatal(err)
	}
	pictures, err := filepath.Glob("../../docs/*.png")
	if err != nil || len(pictures) < 3 {
		t.Fatalf("%q, %v", pictures, err)
	}
	for _, path := range pictures {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copyTo(t, filepath.Join(dir, "docs", filepath.Base(path)), content)
	}
	console := fenced(t, section(t, "../../README.md", "## Your own images"), "console", 1)[0]
	if lines := strings.Count(console, "\n"); lines > 10 {
		t.Errorf("%d lines, want at most 10", lines)
	}
	page := filepath.Join(dir, "README.md")
	console = regexp.MustCompile(`\\\n\s+`).ReplaceAllString(console, "") // each command in a line
	console = regexp.MustCompile(`(?m)^\$ bin/(.*)$`).ReplaceAllString(console, "$$ $1\n…")
	copyTo(t, page, []byte("```console\n"+console+"```\n"))
	typedIn(t, dir, page, 3)
}

// TestTablesPage types the commands of docs/tables.md, beside the tables that the page shows.
func TestTablesPage(t *testing.T) {
	unraced(t)
	const page = "../../docs/tables.md"
	dir := t.TempDir()
	for i, table := range fenced(t, section(t, page, "## What is read"), "csv", 2) {
		copyTo(t, filepath.Join(dir, []string{"mine.csv", "wrong.csv"}[i]), []byte(table))
	}
	typedIn(t, dir, page, 3)
}

// python is the program that runs Python here, if there is one: python3, or what GPUCONV_PYTHON names.
var python = cmp.Or(os.Getenv("GPUCONV_PYTHON"), "python3")

// requirePython is the variable that lists the packages whose absence is a failure, with commas between them: see
// .ci/run.
const requirePython = "GPUCONV_REQUIRE_PYTHON"

// needPython skips a test if Python or one of the packages is missing, or fails it if that one is required.
func needPython(t *testing.T, packages ...string) {
	t.Helper()
	required := strings.Split(os.Getenv(requirePython), ",")
	for _, name := range packages {
		if out, err := exec.Command(python, "-c", "import "+name).CombinedOutput(); err != nil {
			if slices.Contains(required, name) {
				t.Fatalf("%s has %s, but Python does not: %v\n%s", requirePython, name, err, out)
			}
			t.Skipf("Python has no %s", name)
		}
	}
}

// imported matches the packages that a program of a page imports.
var imported = regexp.MustCompile(`(?m)^import (.+)$`)

// TestPythonPage types the commands of docs/python.md and runs its programs, in one folder. Each program is a subtest,
// which is skipped if a package that it imports is not installed.
func TestPythonPage(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	made := true // whether the files that programs write are there
	blocks := blocksOf(t, "../../docs/python.md")
	programs := 0
	for i, b := range blocks {
		switch b.info {
		case "console":
			if made {
				for _, c := range commandsIn(t, b.lines) {
					c.run(t, dir)
				}
			}
		case "python":
			programs++
			text := strings.Join(b.lines, "\n")
			var packages []string
			for _, line := range imported.FindAllStringSubmatch(text, -1) {
				for one := range strings.SplitSeq(line[1], ",") {
					packages = append(packages, strings.Fields(one)[0])
				}
			}
			want := ""
			if i+1 < len(blocks) && blocks[i+1].info == "text" {
				want = strings.Join(blocks[i+1].lines, "\n")
			}
			ended := t.Run(strings.Join(packages, "+"), func(t *testing.T) {
				// files that commands read
				writes := strings.Contains(text, "np.save") || strings.Contains(text, "torch.save")
				made = made && !writes
				needPython(t, packages...)
				runPython(t, dir, text, want)
				made = made || writes
			})
			if !ended {
				return
			}
		}
	}
	if programs < 5 {
		t.Errorf("%d programs are found", programs)
	}
}

// runPython runs a program in a folder and compares what it prints.
func runPython(t *testing.T, dir, text, want string) {
	t.Helper()
	cmd := exec.Command(python, "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if got := strings.TrimRight(string(out), "\n"); err != nil || got != want {
		t.Errorf("%v: it prints\n%s\nwant\n%s\n%s", err, got, want, &stderr)
	}
}

// TestNotebookIsClean: the notebook in the repository has no outputs, which would differ each time it is run.
func TestNotebookIsClean(t *testing.T) {
	unraced(t)
	text, err := os.ReadFile("../../docs/tutorial.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(`"outputs": []`)) || bytes.Contains(text, []byte(`"output_type"`)) {
		t.Error("docs/tutorial.ipynb has outputs: want them cleared")
	}
}
