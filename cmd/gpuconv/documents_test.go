package main

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFromGo follows the README's section From Go in a module outside the repository. It runs the program and the two
// commands, compares what is printed, and repeats this in a workspace. Nothing is downloaded.
func TestFromGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles gpuconv's packages in another module")
	}
	section := section(t, "../../README.md", "## From Go")
	program, commands := fenced(t, section, "go", 1)[0], fenced(t, section, "console", 2)
	const run = "$ go run .\n"
	want, ok := strings.CutPrefix(commands[0], run)
	if !ok {
		t.Fatalf("the first console block starts with %q, want %q", commands[0], run)
	}
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(t.TempDir(), "mine")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(mine, "main.go"), program)
	writeText(t, filepath.Join(mine, "go.mod"), "module example.com/mine\n\ngo 1.26\n")
	// Flags about modules are not for this one. The others are those that make test compiles everything with.
	flags := slices.DeleteFunc(strings.Fields(os.Getenv("GOFLAGS")),
		func(f string) bool { return strings.HasPrefix(f, "-mod") })
	// The other module asks what each module of the graph needs. Some of them no build has needed so far.
	list := exec.Command("go", "list", "-m", "all")
	list.Dir = checkout
	if out, err := list.CombinedOutput(); err != nil {
		t.Fatalf("go list -m all: %v\n%s", err, out)
	}
	inModule := func(line string) string {
		t.Helper()
		words := strings.Fields(strings.ReplaceAll(line, "../gpuconv", checkout))
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = mine
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOWORK=",
			"GOFLAGS="+strings.Join(flags, " "))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	for line := range strings.Lines(commands[1]) {
		inModule(strings.TrimPrefix(line, "$ "))
	}
	if got := inModule("go run ."); got != want {
		t.Errorf("with a replace it prints %q, README says %q", got, want)
	}
	inWorkspace := regexp.MustCompile("`(go work init [^`]*)`").FindStringSubmatch(section)
	if inWorkspace == nil {
		t.Fatal("the section shows no workspace")
	}
	writeText(t, filepath.Join(mine, "go.mod"), "module example.com/mine\n\ngo 1.26\n")
	inModule(inWorkspace[1])
	if got := inModule("go run ."); got != want {
		t.Errorf("in a workspace it prints %q, README says %q", got, want)
	}
}

// TestSlow: each test that make quick leaves out exists. So a test that is renamed does not come back into make quick.
func TestSlow(t *testing.T) {
	unraced(t)
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, slow, ok := strings.Cut(string(makefile), "\nSLOW := ")
	slow, _, ended := strings.Cut(slow, "\n\n")
	if !ok || !ended {
		t.Fatal("the Makefile has no SLOW")
	}
	slow = strings.NewReplacer("$\\\n\t", "", "$$", "$").Replace(slow)
	tests, scripts := slices.Collect(maps.Keys(declaredTests(t))), scriptNames(t)
	all := alternatives(slow)
	for _, one := range all {
		names, pattern := tests, one
		if script, ok := strings.CutPrefix(one, "TestScripts/"); ok {
			names, pattern = scripts, script
		}
		if !slices.ContainsFunc(names, regexp.MustCompile(pattern).MatchString) {
			t.Errorf("make quick leaves out %s, which matches no test", one)
		}
	}
	if len(all) < 20 {
		t.Errorf("%q leaves out few tests", slow)
	}
}

// group is a group of alternatives in a pattern, with what comes before and after it.
var group = regexp.MustCompile(`^([^|()]*)\(([^()]*)\)(\??)([^|()]*)$`)

// alternatives lists all alternatives of a pattern such as a|b(c|d)|e/(f|g).
func alternatives(pattern string) (all []string) {
	depth, start := 0, 0
	for i, r := range pattern + "|" {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == '|' && depth == 0:
			one := pattern[start:i]
			start = i + 1
			parts := group.FindStringSubmatch(one)
			if parts == nil {
				all = append(all, one)
				continue
			}
			if parts[3] == "?" {
				all = append(all, parts[1]+parts[4])
			}
			for inner := range strings.SplitSeq(parts[2], "|") {
				all = append(all, parts[1]+inner+parts[4])
			}
		}
	}
	return all
}

// TestAlternatives: alternatives finds each of them.
func TestAlternatives(t *testing.T) {
	got := alternatives("A|B(c|d)E$|(F)?G|H/(i|j.*)")
	if want := []string{"A", "BcE$", "BdE$", "G", "FG", "H/i", "H/j.*"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// declaredTests returns the folders of all tests and fuzz targets by their names.
func declaredTests(t *testing.T) map[string][]string {
	t.Helper()
	folders := map[string][]string{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, name := range trackedFiles(t, "../..") {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			folders[found[1]] = append(folders[found[1]], path.Dir(name))
		}
	}
	return folders
}

// scriptNames lists the scripts of TestScripts.
func scriptNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".txtar"))
	}
	return names
}

// section returns the part of a Markdown file from a heading to the next of its level.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", file, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	rest, _, _ = strings.Cut(rest, "\n"+level+" ")
	return rest
}

// fenced returns the code blocks of a language. The test fails unless there are as many as wanted.
func fenced(t *testing.T, markdown, language string, count int) (blocks []string) {
	t.Helper()
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(markdown, -1) {
		blocks = append(blocks, found[1])
	}
	if len(blocks) != count {
		t.Fatalf("%d blocks of %s, want %d", len(blocks), language, count)
	}
	return blocks
}

// documents are the Markdown files of the repository, by their paths from its root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md", "bench/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	return all
}

// TestTargets: the targets of make that documents name are in the Makefile, and make lists the targets that people
// need.
func TestTargets(t *testing.T) {
	unraced(t)
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	mentioned := regexp.MustCompile("(?:`|\\$ )make ([a-z]+)")
	count := 0
	for name, text := range documents(t) {
		for _, found := range mentioned.FindAllStringSubmatch(text, -1) {
			count++
			if !regexp.MustCompile(`(?m)^` + found[1] + `:`).Match(makefile) {
				t.Errorf("%s speaks of make %s, which the Makefile lacks", name, found[1])
			}
		}
	}
	if count < 10 {
		t.Errorf("%d targets are mentioned: want more than that", count)
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make")
	}
	cmd := exec.Command("make")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	for _, target := range []string{"build", "demo", "test", "quick"} {
		if !regexp.MustCompile(`(?m)^  ` + target + ` +[a-z]`).Match(out) {
			t.Errorf("make lists no %s: %v\n%s", target, err, out)
		}
	}
}

// TestMakeKeepsFlags: what make adds to Go's flags and the C compiler's takes nothing from those of the environment or
// of go env -w, once in a make that runs make.
func TestMakeKeepsFlags(t *testing.T) {
	unraced(t)
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make")
	}
	const known = " -D__cgo_undefined__2=__builtin_trap"
	written := filepath.Join(t.TempDir(), "env")
	writeText(t, written, "GOFLAGS=-p=3\nCGO_CFLAGS=-O1 -Iwritten\n")
	for _, c := range []struct {
		environment []string
		want        string
	}{
		{[]string{"GOENV=off"}, ":-O2 -g" + known},
		{[]string{"GOENV=" + written}, "-p=3:-O1 -Iwritten" + known},
		{[]string{"GOENV=" + written, "GOFLAGS=-p=5", "CGO_CFLAGS=-Ihere"}, "-p=5:-Ihere" + known},
		{[]string{"GOENV=off", "CGO_CFLAGS=-Ihere" + known}, ":-Ihere" + known},
	} {
		cmd := exec.Command("make", "-s", "--no-print-directory", "-f", "Makefile", "-f", "-", "show")
		cmd.Dir, cmd.Stdin = "../..", strings.NewReader("show: ; @echo \"$(goflags):$$CGO_CFLAGS\"\n")
		cmd.Env = append(os.Environ(), "GOFLAGS=", "CGO_CFLAGS=", "MAKEFLAGS=", "MAKELEVEL=", "MFLAGS=")
		cmd.Env = append(cmd.Env, c.environment...)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("with %q: %v: %q, want %q", c.environment, err, got, c.want)
		}
	}
}

var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	// packagedTests matches a list of tests and their package: `TestA`, `TestB` and `TestC` in `stimuli`.
	packagedTests = regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`(?:,\\s+|\\s+and\\s+|\\s+))+)in `([a-z/]+)`")
	namedScript   = regexp.MustCompile("`testdata/(\\w+)\\.txtar`")
)

// TestNamedTests: the tests that documents name exist, in the packages that they say. In docs/trust.md a test without a
// package is one of this package.
func TestNamedTests(t *testing.T) {
	unraced(t)
	declared, scripts := declaredTests(t), scriptNames(t)
	names := func(text string) (all []string) {
		for _, found := range namedTest.FindAllStringSubmatch(text, -1) {
			all = append(all, found[1])
		}
		return all
	}
	count := 0
	for document, text := range documents(t) {
		for _, found := range packagedTests.FindAllStringSubmatch(text, -1) {
			for _, name := range names(found[1]) {
				count++
				if !slices.Contains(declared[name], found[2]) {
					t.Errorf("%s names %s in %s: it is in %q", document, name, found[2], declared[name])
				}
			}
		}
		for _, name := range names(packagedTests.ReplaceAllString(text, "")) {
			here := slices.Contains(declared[name], "cmd/gpuconv")
			if declared[name] == nil || filepath.ToSlash(document) == "docs/trust.md" && !here {
				t.Errorf("%s names %s: it is in %q", document, name, declared[name])
			}
		}
		for _, found := range namedScript.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(scripts, found[1]) {
				t.Errorf("%s names the script %s, which does not exist", document, found[1])
			}
		}
	}
	if count < 50 {
		t.Errorf("%d tests are named with their packages: want more than that", count)
	}
}
