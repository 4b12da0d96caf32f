package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gpuconv/internal/input"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
)

// calls are valid calls of the commands that read files, in a folder of harmless files. TestHostileFiles replaces one
// of the files at a time.
var calls = map[string]string{
	"conv":               "--backend cpu --input x.npy --weight w.npy --bias b.npy --output y.npy",
	"run":                "--backend cpu --stimulus p.png --filter w.npy --bias b.npy --output new",
	"run --from":         "--from hostile/none --backend cpu --output new",
	"verify":             "--backend cpu --input x.npy --weight w.npy --bias b.npy",
	"verify --shader":    "--quick --cases ^nma/nma/7x7$ --shader t.csv --interface i.toml",
	"verify --interface": "--quick --cases ^nma/nma/7x7$ --shader t.csv --interface i.toml",
	"verify --known":     "--backend cpu --quick --cases ^nma/nma/7x7$ --known t.csv",
	"stimuli":            "--input p.png --output y.npy",
	"filters":            "--input w.npy --output y.npy",
	"tuning":             "--input x.npy --table t.csv --stimuli x.npy --output new",
	"data":               "--input r.npz",
	"data --download":    "--url http://127.0.0.1:1/ --download r.npz",
	"info":               "--backend cpu --problem --input x.npy --weight w.npy --bias b.npy",
	"autotune":           "--forget --problem --input x.npy --weight w.npy --bias b.npy",
	"bench":              "--backend cpu --limit 2s --count 1 --input x.npy --weight w.npy --bias b.npy",
	"bench --shader":     "--backend cpu --limit 2s --count 1 --input x.npy --weight w.npy --shader t.csv --interface i.toml",
	"bench --interface":  "--backend cpu --limit 2s --count 1 --input x.npy --weight w.npy --shader t.csv --interface i.toml",
	"bench report":       "r.json",
	"bench compare":      "r.json r.json",
	"check":              "folder",
	"merge":              "folder --output new",
	"status":             "folder",
	"report":             "folder",
	"report --tuning":    "folder --tuning folder",
}

// anyShader is an interface that fits any shader.
const anyShader = "buffers.src.binding = 0\nbuffers.weight.binding = 1\nbuffers.bias.binding = 2\n" +
	"buffers.dst.binding = 3\ndefines.PADDING = \"pad_top\"\ngroups.x = 1\n"

// briefly are places whose files are opened as those of other places are. Only the worst files are tried there.
var briefly = []string{"verify --shader", "verify --input", "verify --weight", "verify --bias", "info --input",
	"info --weight",
	"info --bias", "autotune --input", "autotune --weight", "autotune --bias", "conv --bias", "data --download",
	"bench --input", "bench --shader", "bench --interface", "bench --weight", "bench --bias", "bench compare", "check",
	"report", "report --tuning", "merge", "status"}

// worst are the hostile files that are tried everywhere.
var worst = []string{"pipe", "zeros.npy", "fortran.npy", "bomb.npz", "deep.png", "run"}

const (
	// limitOfSpace is the limit of address space in TestHostileFiles, in KiB. littleSpace is a limit with which gpuconv
	// still starts.
	limitOfSpace, littleSpace = 3 << 20, 1_800_000
	// mostResident bounds the memory that a command may take to refuse a file: 64 MiB for itself, and 64 more.
	mostResident = 128 << 20
)

// folderOfTest is the variable by which a test tells its second process where the files are.
const folderOfTest = "GPUCONV_TEST_HOSTILE"

// TestHostileFiles: no file that a flag or an argument names makes a command wait, crash or take much memory. All flags
// and arguments that name files are tried; fileFlag and fileArguments know them.
func TestHostileFiles(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes more address space")
	}
	dir := alone(t, func(dir string) {
		harmless(t, dir)
		hostile(t, filepath.Join(dir, "hostile"))
	})
	if dir == "" {
		return
	}
	var files []string
	entries, err := os.ReadDir(filepath.Join(dir, "hostile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files = append(files, e.Name())
	}
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	tried := 0
	for place, line := range placesOfFiles(t) {
		for _, file := range files {
			if few := testing.Short() || slices.Contains(briefly, place); !few || slices.Contains(worst, file) {
				tried++
				all.Go(func() error { refuse(t, dir, strings.Fields(fmt.Sprintf(line, "hostile/"+file))); return nil })
			}
		}
	}
	_ = all.Wait()
	if least := 20 * len(worst); tried < least {
		t.Errorf("%d calls were tried, want at least %d", tried, least)
	}
}

// TestLittleSpace: the program starts and convolves with as little address space as docs/trust.md says.
func TestLittleSpace(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes more address space")
	}
	dir := t.TempDir()
	harmless(t, dir)
	for range 4 {
		for _, args := range []string{"version",
			"conv --backend cpu --input x.npy --weight w.npy --no-sync --output y.npy"} {
			limited := inSpace(t.Context(), littleSpace, program(t, strings.Fields(args)...))
			limited.Dir = dir
			if out, err := limited.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %.300s", args, err, out)
			}
		}
	}
}

// inSpace returns the command whole with a limit of address space, in KiB.
func inSpace(ctx context.Context, limit int, whole *exec.Cmd) *exec.Cmd {
	limited := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -v "$0" && exec "$@"`, strconv.Itoa(limit)},
		whole.Args...)...)
	limited.Env = whole.Env
	return limited
}

// placesOfFiles returns a command line for each flag and argument that names a file to read, with %s for that file. The
// keys look like "conv --input" and "bench report".
func placesOfFiles(t *testing.T) map[string]string {
	t.Helper()
	lines := map[string]string{}
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if _, ok := flag.Annotations[reads]; !ok {
				return
			}
			place := name + " --" + flag.Name
			line, ok := calls[place]
			if !ok {
				line = calls[name]
			}
			before, rest, ok := strings.Cut(line, "--"+flag.Name+" ")
			if !ok {
				t.Errorf("no call of %s is known: add it to calls", place)
				return
			}
			_, after, _ := strings.Cut(rest, " ")
			lines[place] = name + " " + before + "--" + flag.Name + " %s " + after
		})
		if _, ok := cmd.Annotations[reads]; ok {
			_, others, _ := strings.Cut(calls[name], " ")
			lines[name] = name + " %s " + others
		}
	})
	return lines
}

// alone starts the test again in a process of its own, because a new process inherits the memory count of the process
// that starts it. In the new process it returns the folder that prepare has filled. In the first process it returns ""
// when the new one has ended.
func alone(t *testing.T, prepare func(dir string)) (dir string) {
	t.Helper()
	if dir = os.Getenv(folderOfTest); dir != "" {
		return dir
	}
	dir = t.TempDir()
	prepare(dir)
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", fmt.Sprintf("-test.short=%v", testing.Short()))
	again.Env = append(os.Environ(), folderOfTest+"="+dir)
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return ""
}

// refuse runs a command under the limit. The command has to end, with one line on stderr unless it succeeds.
func refuse(t *testing.T, dir string, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	limited := inSpace(ctx, limitOfSpace, program(t, args...))
	limited.Dir = dir
	var stderr bytes.Buffer
	limited.Stderr = &stderr
	peak, err := peakOf(limited)
	line := strings.Join(args, " ")
	if ctx.Err() != nil {
		t.Errorf("%s: does not end", line)
		return
	}
	if peak > mostResident+announced(t, dir, args) {
		t.Errorf("%s: takes %.0f MB (%.200s)", line, peak/1e6, stderr.String())
	}
	var exit *exec.ExitError
	if err == nil {
		return
	}
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed && exit.ExitCode() != exitUsage {
		t.Errorf("%s: %v: %.300s", line, err, stderr.String())
		return
	}
	said := slices.DeleteFunc(slices.Collect(strings.Lines(stderr.String())), func(line string) bool {
		return strings.HasPrefix(line, "time=") // progress
	})
	if len(said) != 1 || !strings.HasPrefix(said[0], "gpuconv: ") {
		t.Errorf("%s: says %d lines, want one: %.300q", line, len(said), said)
	}
}

// announced returns how much memory a command may take beyond what it takes to refuse a file. A text that is parsed may
// take some. All other hostile files must be refused before their data is read.
func announced(t *testing.T, dir string, args []string) float64 {
	t.Helper()
	for i, arg := range args {
		info, err := os.Stat(filepath.Join(dir, arg))
		if err != nil || filepath.Dir(arg) != "hostile" || !info.Mode().IsRegular() {
			continue
		}
		switch {
		case args[i-1] == "--table" && info.Size() <= input.Table.Most():
			return tableByte * float64(info.Size())
		case args[0] == "bench" && !strings.HasPrefix(args[1], "-") && info.Size() <= input.Report.Most():
			return reportByte*float64(info.Size()) + reportObject*objects(t, filepath.Join(dir, arg))
		}
	}
	return 0
}

// objects counts the braces of a file without taking memory for it.
func objects(t *testing.T, path string) (n float64) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for buffer := make([]byte, 1<<16); ; {
		size, err := file.Read(buffer)
		n += float64(bytes.Count(buffer[:size], []byte("{")))
		if err != nil {
			return n
		}
	}
}

// noFiles are the flags with a text that do not name a file to read: they name a file to write, or no file.
var noFiles = strings.Fields(`
	activation algorithm amplitude angle aperture aperture-edge aperture-inner aperture-radius aperture-sigma
	aperture-x aperture-y aspect at backend background bandwidth by cases colour colours compile context contrast count
	crop csv decode device dilation drift exponent fail-on figures format frame html image-size json jsonl junit keep
	kind markdown md5 mean negative normalise order orientation orientations output over padding padding-mode phase phase2
	phases pictures pin plots polarity pool ppd precision preset problem program rdm resize roof scale seed sf
	sf-correlation sf-max sf-min sf-unit sf2 sha256 shard shards show side sigma sigma-surround sigma-x sigma-y sign
	size-unit stride suite sum supersample surround tiles url x y
`)

// TestFlagsOfFiles: each flag that takes a text names a file to read and was added by fileFlag, or is listed in
// noFiles.
func TestFlagsOfFiles(t *testing.T) {
	unraced(t)
	found := map[string]bool{}
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if _, ok := flag.Annotations[reads]; !ok && strings.HasPrefix(flag.Value.Type(), "string") {
				found[flag.Name] = true
			}
		})
	})
	if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, noFiles) {
		t.Errorf("flags of a text that fileFlag has not added are\n%s\nwant\n%s\nAdd a flag that names a file to read "+
			"by fileFlag, and any other to noFiles.", strings.Join(names, " "), strings.Join(noFiles, " "))
	}
}
