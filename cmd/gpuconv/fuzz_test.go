package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/npy"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// FuzzCommand types any command line, in a folder of small files. It ends soon after it is told to, with exit code 0, 1
// or 2. After a failure stderr has one line of gpuconv's, and the folder is as it was: nothing is new, nothing has
// changed, nothing is half-written. A panic is a failure.
//
// The command line is made of numbers, so that most are nearly right: script[0] chooses the verb, and each pair after
// that a flag and its value. Some values are text, and the file fuzz.any holds content.
func FuzzCommand(f *testing.F) {
	verbs := leaves(newRoot())
	if len(verbs) < 12 {
		f.Fatalf("%d verbs", len(verbs))
	}
	for i := range verbs {
		f.Add([]byte{byte(i)}, "2", []byte("image,kind\n0,a\n"))
		f.Add([]byte{byte(i), 0, 3, 1, 4, 2, 5, 3, 6, 4, 7, 5, 8}, "-1", []byte("\x93NUMPY"))
		f.Add([]byte{byte(i), 0, 11, 1, 12, 2, 13, 3, 14}, "nan", []byte(`{"schema":1}`))
	}
	for _, line := range []string{
		"conv --input images.npy --weight weights.npy --output new.npy --backend cpu",
		"run --orientations 0:90:30 --output new --backend cpu --resolution 0.1",
		"stimuli --output new.npy --orientations 0,90", "filters --output new.npy --channels 2 --size 5",
		"bench report fuzz.any", "check folder", "data --input fuzz.any", "tuning --input images.npy --table table.csv",
	} {
		f.Add([]byte(nil), line, []byte(`{"schema":1,"cases":[],"backends":[],"results":[]}`))
	}
	f.Setenv("__EGL_VENDOR_LIBRARY_FILENAMES", os.DevNull) // no driver is loaded into this process
	ran := 0
	f.Cleanup(func() {
		if fuzzing := flag.Lookup("test.fuzz").Value.String() != ""; !fuzzing && ran < 20 {
			f.Errorf("%d command lines were typed, want 20 or more", ran)
		}
	})
	f.Fuzz(func(t *testing.T, script []byte, text string, content []byte) {
		args := commandLine(verbs, script, text)
		if !staysHome(args) {
			t.Skip()
		}
		ran++
		t.Chdir(smallFiles(t, content))
		before := snapshot(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var stdout, stderr bytes.Buffer
		ended := time.AfterFunc(90*time.Second, func() { panic("it does not end: " + strings.Join(args, " ")) })
		code := execute(ctx, args, &stdout, &stderr)
		ended.Stop()
		said := stderr.String()
		switch after := snapshot(t); {
		case code != exitOK && code != exitFailed && code != exitUsage:
			t.Fatalf("%q: exit code %d", args, code)
		case strings.Contains(said, "internal error"):
			t.Fatalf("%q: %s", args, said)
		case code != exitOK && strings.Count("\n"+said, "\ngpuconv: ") != 1:
			t.Fatalf("%q: code %d and %q, want one line", args, code, said)
		case code != exitOK && after != before && !writesAnyway(args):
			t.Fatalf("%q: code %d, %s; it left %s, before there was %s", args, code, said, after, before)
		case strings.Contains(after, ".partial"):
			t.Fatalf("%q: code %d; it left %s", args, code, after)
		}
		for _, r := range stdout.String() + said {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
				t.Fatalf("%q: it prints %q", args, r)
			}
		}
	})
}

// leaves are the commands that do something.
func leaves(cmd *cobra.Command) (all []*cobra.Command) {
	if cmd.Runnable() && cmd.HasParent() {
		all = append(all, cmd)
	}
	for _, c := range cmd.Commands() {
		all = append(all, leaves(c)...)
	}
	return all
}

// someValues are values that flags get, besides the text of the fuzzer.
var someValues = []string{"1", "0", "3", "images.npy", "weights.npy", "new.npy", "folder", "new", "fuzz.any",
	"table.csv", "cpu",
	"none", "0,45,90", "0:90:30", "2,1", "same", "0.5", "1,1,8,8,2,3,1,1,1", "grating", "gabor", "images.npy:a", "relu",
	"", "reference", "fuzz.png", "30", "max:2"}

// commandLine makes a command line from a script. If the script is empty, the text is the command line.
func commandLine(verbs []*cobra.Command, script []byte, text string) []string {
	if len(script) == 0 {
		return strings.Fields(text)
	}
	verb := verbs[int(script[0])%len(verbs)]
	args := strings.Fields(verb.CommandPath())[1:]
	var flags []*pflag.Flag
	verb.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
	for pair := range slices.Chunk(script[1:min(len(script), 25)], 2) {
		value := text
		if len(pair) > 1 && int(pair[1]) < len(someValues) {
			value = someValues[pair[1]]
		}
		if at := int(pair[0]); at < len(flags) {
			args = append(args, "--"+flags[at].Name+"="+value)
		} else {
			args = append(args, value)
		}
	}
	return args
}

// staysHome reports whether a command line writes only into its folder, contacts no server, starts no process and
// computes little.
func staysHome(args []string) bool {
	for _, a := range args {
		if strings.ContainsAny(a, "/\\~") || len(a) > 60 || strings.HasPrefix(a, "--download") ||
			strings.HasPrefix(a, "--url") {
			return false
		}
		if digits := strings.Trim(a, "0123456789"); len(a)-len(digits) > 3 {
			return false
		}
	}
	started := slices.Contains(args, "bench") && !slices.Contains(args, "report") && !slices.Contains(args, "compare")
	return !started && !slices.Contains(args, "verify") && !slices.Contains(args, "autotune") &&
		!slices.Contains(args, "info")
}

// writesAnyway reports whether a verb writes its results even if it ends with exit code 1, because that code is a
// result.
func writesAnyway(args []string) bool { return slices.Contains(args, "compare") }

// smallFiles makes a folder of small files. One of them has the fuzzer's content.
func smallFiles(t *testing.T, content []byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, shape := range map[string][]int{"images.npy": {2, 1, 8, 8}, "weights.npy": {2, 1, 3, 3}} {
		a := &npy.Array{Shape: shape, Data: make([]float32, 2*shape[2]*shape[3])}
		for i := range a.Data {
			a.Data[i] = float32(i%7) - 3
		}
		if err := npy.WriteFile(filepath.Join(dir, name), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fuzz.any", "fuzz.png", "folder/run.json", "folder/fuzz.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table := "image,kind,orientation_deg\n0,grating,0\n1,grating,90\n"
	if err := os.WriteFile(filepath.Join(dir, "table.csv"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// snapshot names all files of the working folder, with their checksums.
func snapshot(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			all.WriteString(path + "; ")
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s of %d bytes, %08x; ", path, len(content), crc32.ChecksumIEEE(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
