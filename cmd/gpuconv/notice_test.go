package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var writeLicences = flag.Bool("licences", false, "write LICENSES.txt anew from the licence files of the linked modules")

// shipped are the builds in the columns of NOTICE, in order. For each, go list gets these tags and this environment.
var shipped = []struct {
	name, tags  string
	environment []string
}{
	{"egl", "egl", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}},
	{"glfw", "glfw", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}},
	{"nogl", "nogl", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}},
	{"windows", "glfw", []string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=1"}},
	{"macos", "", []string{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"}},
}

// standardLibrary is the only row of NOTICE that is not a module.
const standardLibrary = "standard library"

// phrases identify a licence by words that no other licence here has.
var phrases = map[string]*regexp.Regexp{
	"Apache-2.0":   regexp.MustCompile(`Apache License\s+Version 2\.0`),
	"BSD-3-Clause": regexp.MustCompile(`Redistributions? (in|of) binary form must[\s\S]*[Nn]either the names? of[\s\S]*may\s+be\s+used\s+to\s+endorse`),
	"BSL-1.0":      regexp.MustCompile(`Boost Software License - Version 1\.0`),
	"CC-BY-4.0":    regexp.MustCompile(`Creative Commons Attribution 4\.0 International Public License`),
	"FTL":          regexp.MustCompile(`The FreeType Project LICENSE`),
	"MIT":          regexp.MustCompile(`Permission is hereby granted, free of charge, to any person obtaining a copy\s+of\s+this\s+software\s+and\s+associated`),
	"OFL-1.1":      regexp.MustCompile(`(?i)SIL Open Font License,? Version 1\.1`),
	"Zlib":         regexp.MustCompile(`This software is provided 'as-is'[\s\S]*must not be misrepresented`),
}

// further are the licence files below a module's root that apply to linked packages. All licence files at its root
// count too, except those that only refer to a licence.
var further = map[string][]string{
	"github.com/go-gl/glfw/v3.3/glfw": {"glfw/LICENSE.md"},
	"github.com/golang/freetype":      {"licenses/ftl.txt"},
	"golang.org/x/image":              {"font/gofont/ttfs/README"},
	"gonum.org/v1/gonum": {"THIRD_PARTY_LICENSES/Boost-LICENSE", "THIRD_PARTY_LICENSES/Cephes-LICENSE",
		"THIRD_PARTY_LICENSES/Go-LICENSE", "THIRD_PARTY_LICENSES/Probab-LICENSE"},
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)(-sil)?(\.md|\.txt)?$`)

// module is what go list says about a linked module.
type module struct {
	dir    string
	builds []string // of shipped
}

// linked returns the modules of the shipped builds by their paths, without gpuconv itself.
func linked(t *testing.T) map[string]*module {
	t.Helper()
	all := map[string]*module{standardLibrary: {}}
	for _, b := range shipped {
		cmd := exec.Command("go", "list", "-deps", "-tags", b.tags, "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}",
			".")
		cmd.Env = append(os.Environ(), b.environment...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", b.name, err)
		}
		all[standardLibrary].builds = append(all[standardLibrary].builds, b.name)
		for line := range strings.Lines(string(out)) {
			name, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if name == "" || name == "gpuconv" {
				continue
			}
			if all[name] == nil {
				all[name] = &module{dir: dir}
			}
			if m := all[name]; !slices.Contains(m.builds, b.name) {
				m.builds = append(m.builds, b.name)
			}
		}
	}
	// its text is Go's own, which some distributions of Go do not put into GOROOT
	all[standardLibrary].dir = all["golang.org/x/sys"].dir
	return all
}

// licences returns the texts of a module's licences by their paths in the module.
func (m *module) licences(t *testing.T, name string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	files := slices.Clone(further[name])
	for _, e := range entries {
		if !e.IsDir() && licenceFile.MatchString(e.Name()) {
			files = append(files, e.Name())
		}
	}
	texts := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(f)))
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = unified(text)
	}
	return texts
}

// unified converts a text to UTF-8, because some licences have another encoding. It removes spaces and carriage returns
// at the ends of lines.
func unified(text []byte) string {
	if !utf8.Valid(text) {
		var latin1 strings.Builder
		for _, b := range text {
			latin1.WriteRune(rune(b))
		}
		text = []byte(latin1.String())
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.TrimRight(line, " \t\r\n\f"))
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// notice is a row of NOTICE.
type notice struct {
	licences []string
	builds   []string
}

var noticeRow = regexp.MustCompile(
	`^(standard library|[^ ]+\.[^ ]+/[^ ]+) +([^ ]+(?: AND [^ ]+)*) +((?:yes|no)(?: +(?:yes|no))*)$`)

func readNotice(t *testing.T) map[string]notice {
	t.Helper()
	text, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]notice{}
	for line := range strings.Lines(string(text)) {
		found := noticeRow.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if found == nil {
			continue
		}
		marks := strings.Fields(found[3])
		if len(marks) != len(shipped) {
			t.Fatalf("NOTICE: %q has %d marks, want one for each of %d builds", line, len(marks), len(shipped))
		}
		row := notice{licences: strings.Split(found[2], " AND ")}
		for i, mark := range marks {
			if mark == "yes" {
				row.builds = append(row.builds, shipped[i].name)
			}
		}
		rows[found[1]] = row
	}
	return rows
}

// TestNotice: NOTICE lists the modules that each build links, with their licences, and LICENSES.txt has the texts of
// the licences.
func TestNotice(t *testing.T) {
	unraced(t)
	if testing.Short() {
		t.Skip("go list reads five builds")
	}
	modules := linked(t)
	t.Run("NOTICE", func(t *testing.T) { checkNotice(t, modules) })
	t.Run("LICENSES.txt", func(t *testing.T) { checkLicences(t, modules) })
}

// checkNotice: NOTICE names exactly the modules that are linked, and the licences in their files.
func checkNotice(t *testing.T, modules map[string]*module) {
	rows := readNotice(t)
	for name := range rows {
		if modules[name] == nil {
			t.Errorf("NOTICE names %s, which no build links", name)
		}
	}
	for name, m := range modules {
		row, ok := rows[name]
		if !ok {
			t.Errorf("NOTICE lacks %s, which %v link", name, m.builds)
			continue
		}
		if !slices.Equal(row.builds, m.builds) {
			t.Errorf("NOTICE says that %v link %s: %v do", row.builds, name, m.builds)
		}
		texts := m.licences(t, name)
		for _, l := range row.licences {
			if phrases[l] == nil {
				t.Errorf("NOTICE: %s: licence %q: want one of those whose words this test knows", name, l)
			}
		}
		for l, words := range phrases {
			if held := holds(texts, words); held != slices.Contains(row.licences, l) {
				t.Errorf("NOTICE says %v for %s; do its licence files have %s? %v", row.licences, name, l, held)
			}
		}
	}
}

func holds(texts map[string]string, words *regexp.Regexp) bool {
	for _, text := range texts {
		if words.MatchString(text) {
			return true
		}
	}
	return false
}

// checkLicences: LICENSES.txt has the licence files of all linked modules, with equal texts only once. The flag
// -licences writes it.
func checkLicences(t *testing.T, modules map[string]*module) {
	whose := map[string][]string{} // by text
	for name, m := range modules {
		texts := m.licences(t, name)
		if len(texts) == 0 {
			t.Errorf("%s has no licence file", name)
		}
		for file, text := range texts {
			whose[text] = append(whose[text], path.Join(name, file))
		}
	}
	var want bytes.Buffer
	want.WriteString("The licences of what gpuconv programs link; NOTICE says which build links what.\n" +
		"Written by: go test ./cmd/gpuconv -run TestNotice -licences\n")
	for _, text := range inOrder(whose) {
		want.WriteString("\n" + strings.Repeat("=", 100) + "\n" + strings.Join(whose[text], "\n") + "\n\n" + text +
			"\n")
	}
	const file = "../../LICENSES.txt"
	if *writeLicences {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("LICENSES.txt (%v) is not what the modules' licence files say: go test ./cmd/gpuconv "+
			"-run TestNotice -licences writes it anew", err)
	}
}

// inOrder returns the texts in the order of their first names, and sorts the names of each.
func inOrder(whose map[string][]string) []string {
	var texts []string
	for text, names := range whose {
		slices.Sort(names)
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(a, b string) int { return strings.Compare(whose[a][0], whose[b][0]) })
	return texts
}
