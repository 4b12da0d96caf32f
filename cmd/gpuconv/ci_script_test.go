package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCIRun: .ci/run fetches packages of Debian, and then requires the tests that need them: those of python/, and of
// pages in a browser. At its end it says what it left out because no mirror has the packages. It fails if a mirror has
// them and they do not help. A caller may choose the seed of random problems. In this test, make, apt-get and the
// others are scripts. The Python and the browser are files that a package brings.
func TestCIRun(t *testing.T) {
	unraced(t)
	unixOnly(t)
	const (
		python  = "no mirror here has python3-numpy python3-pytest python3-hypothesis"
		numpy   = "no mirror here has python3-numpy"
		figures = "no mirror here has python3-matplotlib python3-pandas python3-tqdm"
		nb      = "no mirror here has python3-nbconvert python3-ipykernel"
		browser = "no mirror here has chromium-headless-shell"
		whole   = "numpy pytest matplotlib nbconvert chromium"
		all     = "make test: Python numpy,pytest,hypothesis,matplotlib,pandas,tqdm,nbconvert,ipykernel, browser 1"
	)
	for name, c := range map[string]struct {
		there, mirror, broken string // what is there, what a mirror has, and what has a package that is empty
		scripts               string // the exit code of the scripts that fetch
		fails                 bool
		want                  []string // parts of what is printed
	}{
		"all there":        {there: whole, want: []string{all}},
		"all from mirrors": {mirror: whole, want: []string{all}},
		"no mirror":        {want: []string{"Python , browser ", python, numpy, browser}},
		"NumPy alone":      {there: "numpy", want: []string{"Python numpy, browser ", python, browser}},
		"no figures": {there: "numpy pytest nbconvert chromium",
			want: []string{"Python numpy,pytest,hypothesis,nbconvert,ipykernel, browser 1", figures}},
		"no notebook": {there: "numpy pytest chromium", mirror: "matplotlib",
			want: []string{"Python numpy,pytest,hypothesis,matplotlib,pandas,tqdm, browser 1", nb}},
		"a mirror without": {mirror: "numpy chromium", want: []string{"Python numpy, browser 1", python}},
		"broken pytest": {mirror: whole, broken: "pytest", fails: true,
			want: []string{"ci: tests of python/: "}},
		"a broken browser": {mirror: whole, broken: "chromium", fails: true,
			want: []string{"ci: pages in a browser: "}},
		"no other drivers": {there: whole, scripts: "3", want: []string{all, "make thorough: Python numpy", "browser 1, seed 7",
			"drivers shim pascal: see above", "jobs lint: see above", "slurm bin/gpuconv: see above", "make demo: "}},
		"a driver that fails": {there: whole, scripts: "1", fails: true, want: []string{all}},
	} {
		r := newCIRoot(t)
		for _, one := range strings.Fields(c.there) {
			r.put("there/"+one, "")
			if one == "chromium" {
				r.put("bin/chromium-headless-shell", "")
			}
		}
		cmd := exec.Command(filepath.Join(r.root, ".ci", "run"))
		cmd.Env = append(r.environment(), "MIRROR="+c.mirror, "BROKEN="+c.broken, "SCRIPTS="+c.scripts)
		out, err := cmd.CombinedOutput()
		if failed := err != nil; failed != c.fails {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		for _, part := range c.want {
			if !strings.Contains(string(out), part) {
				t.Errorf("%s: printed is no %q but\n%s", name, part, out)
			}
		}
		if got := strings.Count(string(out), "left out"); !c.fails && c.scripts == "" && got != len(c.want)-1 {
			t.Errorf("%s: %d things are left out, want %d:\n%s", name, got, len(c.want)-1, out)
		}
	}
}

// ciRoot is a repository in which only .ci/run is real.
type ciRoot struct {
	t    *testing.T
	root string
}

func newCIRoot(t *testing.T) ciRoot {
	r := ciRoot{t, t.TempDir()}
	text, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	r.put(".ci/run", string(text))
	const shell = "#!/bin/sh\n"
	r.put("there/README", "what Python has")
	r.put("scripts/drivers", shell+"exit ${SCRIPTS:-0}\n")
	r.put("scripts/jobs", shell+"exit ${SCRIPTS:-0}\n")
	r.put("scripts/slurm", shell+"exit ${SCRIPTS:-0}\n")
	r.put("bin/id", shell+"echo 0\n")
	r.put("bin/make", shell+`browser=$GPUCONV_REQUIRE_CHROMIUM
echo "make $1: Python $GPUCONV_REQUIRE_PYTHON, browser $browser, seed $RAPID_SEED"
`)
	r.put("bin/python3", shell+`there=$(dirname "$0")/../there
test -e "$there/numpy" || exit 1
for one in pytest matplotlib nbconvert; do case "$2" in *$one*) test -e "$there/$one"; exit ;; esac; done
`)
	r.put("bin/apt-cache", shell+`one=$(echo "$3" | sed 's/python3-//; s/hypothesis/pytest/; s/pandas\|tqdm/matplotlib/
s/ipykernel/nbconvert/; s/-.*//')
case " $MIRROR " in *" $one "*) ;; *) exit 1 ;; esac
`)
	r.put("bin/apt-get", shell+`there=$(dirname "$0")/../there
test -n "$MIRROR" || exit 100
case "$*" in *update*) exit ;; esac
for package; do
	case "$package" in
	python3-numpy | python3-pytest | python3-matplotlib | python3-nbconvert) one=${package#python3-} ;;
	chromium*) one=chromium ;;
	*) continue ;;
	esac
	test "$one" = "$BROKEN" && continue
	: >"$there/$one"
	test $one != chromium || ln -s "$0" "$(dirname "$0")/chromium-headless-shell"
done
`)
	for _, tool := range []string{"bash", "sh", "dirname", "ln", "sed"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(r.root, "bin", tool)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// put writes a program.
func (r ciRoot) put(path, text string) {
	r.t.Helper()
	path = filepath.Join(r.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		r.t.Fatal(err)
	}
}

// environment has no programs but those of the root.
func (r ciRoot) environment() []string {
	bin := filepath.Join(r.root, "bin")
	return []string{"PATH=" + bin, "PYTHON=" + filepath.Join(bin, "python3"), "RAPID_SEED=7"}
}
