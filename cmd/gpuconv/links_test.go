package main

import (
	"errors"
	"go/ast"
	"go/build"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// TestDocLinks: the links in doc comments, such as [Name], [Type.Method] or [conv.Name], have a target.
func TestDocLinks(t *testing.T) {
	unraced(t)
	checked := 0
	documented := map[string]*doc.Package{}
	for _, p := range list(t) {
		documented[p.ImportPath] = readDoc(t, p.ImportPath, p.Dir, slices.Concat(p.GoFiles, p.CgoFiles))
	}
	for path, p := range maps.Clone(documented) {
		if slices.Contains(strings.Split(path, "/"), "internal") {
			continue // nobody reads these as pages
		}
		for where, text := range docsOf(p) {
			parsed := p.Parser().Parse(text)
			for _, link := range brokenLinks(parsed.Content, func(l *comment.DocLink) bool {
				checked++
				return leads(t, l, path, documented)
			}) {
				t.Errorf("%s: the comment of %s links to [%s], which does not exist", path, where, link)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d links were seen", checked)
	}
}

// readDoc reads the documentation of the exported names of a package.
func readDoc(t *testing.T, path, dir string, names []string) *doc.Package {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(set, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(set, files, path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// docsOf returns the comments of a package by the name that each describes.
func docsOf(p *doc.Package) map[string]string {
	docs := map[string]string{"the package": p.Doc}
	values := func(all []*doc.Value) {
		for _, v := range all {
			docs[v.Names[0]] = v.Doc
		}
	}
	functions := func(receiver string, all []*doc.Func) {
		for _, f := range all {
			docs[receiver+f.Name] = f.Doc
		}
	}
	values(p.Consts)
	values(p.Vars)
	functions("", p.Funcs)
	for _, of := range p.Types {
		docs[of.Name] = of.Doc
		values(of.Consts)
		values(of.Vars)
		functions("", of.Funcs)
		functions(of.Name+".", of.Methods)
	}
	return docs
}

// linkLike matches a name in brackets that go/doc would make a link if it knew the name. Such names begin with a
// capital letter. A name of capitals only is more likely an axis: [N].
var linkLike = regexp.MustCompile(`\[\*?((?:[\w/]+\.)*[A-Z]\w*[a-z]\w*)\]`)

// brokenLinks returns the links of a text without a target: those that go/doc has left as text, and those that leads
// rejects.
func brokenLinks(blocks []comment.Block, leads func(*comment.DocLink) bool) (broken []string) {
	inText := func(text []comment.Text) {
		for _, part := range text {
			switch part := part.(type) {
			case comment.Plain:
				for _, m := range linkLike.FindAllStringSubmatch(string(part), -1) {
					broken = append(broken, m[1])
				}
			case *comment.DocLink:
				if !leads(part) {
					broken = append(broken, strings.TrimPrefix(part.DefaultURL(""), "/"))
				}
			}
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			inText(b.Text)
		case *comment.Heading:
			inText(b.Text)
		case *comment.List:
			for _, item := range b.Items {
				broken = append(broken, brokenLinks(item.Content, leads)...)
			}
		}
	}
	return broken
}

// library returns where Go's library is. A test that is built with -trimpath does not know it.
var library = sync.OnceValue(func() *build.Context {
	found := build.Default
	if root, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		found.GOROOT = strings.TrimSpace(string(root))
	}
	return &found
})

// leads reports whether a link in the package from has a target. go/doc has looked up the names of that package. Of
// other packages it knows only that they are imported.
func leads(t *testing.T, l *comment.DocLink, from string, documented map[string]*doc.Package) bool {
	if l.ImportPath == "" || l.ImportPath == from {
		return true
	}
	p := documented[l.ImportPath]
	if p == nil {
		source, err := library().Import(l.ImportPath, ".", 0)
		if err != nil {
			return false
		}
		p = readDoc(t, l.ImportPath, source.Dir, slices.Concat(source.GoFiles, source.CgoFiles))
		documented[l.ImportPath] = p
	}
	return l.Name == "" || p.Parser().LookupSym(l.Recv, l.Name)
}

// TestMarkdownLinks: the files and headings of the repository to which a page links exist.
func TestMarkdownLinks(t *testing.T) {
	unraced(t)
	root := filepath.Join("..", "..")
	tracked := map[string]bool{".": true}
	for _, name := range trackedFiles(t, root) {
		for ; name != "." && name != ""; name = path.Dir(name) {
			tracked[name] = true
		}
	}
	pages := map[string]pageLinks{}
	for name := range tracked {
		if strings.HasSuffix(name, ".md") {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			pages[name] = readPage(string(text))
		}
	}
	checked := 0
	for name, p := range pages {
		for _, link := range p.links {
			checked++
			target, heading, _ := strings.Cut(link, "#")
			if target = path.Join(path.Dir(name), target); strings.HasPrefix(link, "#") {
				target = name
			}
			switch to, isPage := pages[target]; {
			case !tracked[target]:
				t.Errorf("%s links to %s, which is not in the repository", name, link)
			case heading != "" && isPage && !slices.Contains(to.headings, heading):
				t.Errorf("%s links to %s, whose headings are %q", name, link, to.headings)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d links were seen", checked)
	}
}

// trackedFiles lists the files of the repository, with slashes.
func trackedFiles(t *testing.T, root string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("this is not a repository")
	}
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

// pageLinks has the links of a Markdown file, and its headings as targets of links.
type pageLinks struct {
	links    []string // within the repository
	headings []string // as anchors
}

var (
	markdownLink = regexp.MustCompile(
		`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)|(?:href|src|srcset)="([^"]+)"`)
	inlineCode = regexp.MustCompile("`[^`]*`")
	heading    = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	scheme     = regexp.MustCompile(`^[a-z]+:`)
)

// readPage finds the links and headings of a page outside its code.
func readPage(text string) (p pageLinks) {
	code := false
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		if code {
			continue
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			anchor := anchorOf(m[1])
			if n := seen[anchor]; n > 0 {
				p.headings = append(p.headings, anchor+"-"+strconv.Itoa(n))
			} else {
				p.headings = append(p.headings, anchor)
			}
			seen[anchor]++
		}
		for _, m := range markdownLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "code"), -1) {
			if link := m[1] + m[2] + m[3]; !scheme.MatchString(link) {
				p.links = append(p.links, link)
			}
		}
	}
	return p
}

// anchorOf returns the anchor that GitHub makes from a heading: lower-case letters, digits, and hyphens for spaces.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.ReplaceAll(heading, "`", ""))
}

// TestLinksAreFound: the tests above find links, and tell broken links from others.
func TestLinksAreFound(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(
		"// Package a has [Name], [Type.Method], [*Type], [Type.Field], [strings.Cut], [strings.Gone], [Gone], "+
			"[Type.Gone], [gone.Name] and [N].\npackage a\nimport \"strings\"\nvar Name = strings.ToUpper(\"\")\n"+
			"// Type is like [Other].\ntype Type struct{ Field int }\n// Method is\n//   - as [Lost]\nfunc (Type) "+
			"Method() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := readDoc(t, "gpuconv/a", dir, []string{"a.go"})
	var broken []string
	for _, text := range docsOf(p) {
		broken = append(broken, brokenLinks(p.Parser().Parse(text).Content, func(l *comment.DocLink) bool {
			return leads(t, l, "gpuconv/a", map[string]*doc.Package{"gpuconv/a": p})
		})...)
	}
	slices.Sort(broken)
	want := []string{"Gone", "Lost", "Other", "Type.Gone", "gone.Name", "strings#Gone"}
	if !slices.Equal(broken, want) {
		t.Errorf("broken are %q, want %q", broken, want)
	}
	got := readPage("# One `two`: 3-4!\n## A\n### A\n[a](b/c.md#d \"title\") ![p](<q.png>) `[no](code)` " +
		"[w](https://x.y)\n[r]: s.txt\n```\n[no](no)\n```\n<img src=\"i.svg\">\n")
	if want := (pageLinks{links: []string{"b/c.md#d", "q.png", "s.txt", "i.svg"},
		headings: []string{"one-two-3-4", "a", "a-1"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
