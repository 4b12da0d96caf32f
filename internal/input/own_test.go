package input

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// wantError requires one line that begins with the path.
func wantError(t *testing.T, name string, err error, path, want string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "open "+path+": ") || !strings.Contains(err.Error(), want) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error %v, want %s: …%s…", name, err, path, want)
	}
}

func unixOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no permissions of this kind")
	}
}

// TestLinks: functions that write, and functions that read entries, follow no link, wherever it leads.
func TestLinks(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	own := filepath.Join(dir, "own")
	write(t, mine, "x", 0o600)
	write(t, own, "x", 0o600)
	for name, to := range map[string]string{"file": mine, "nowhere": mine + "x", "folder": dir, "device": os.DevNull} {
		path := filepath.Join(dir, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		_, err := OpenOwn(path, os.O_RDWR)
		wantError(t, name, err, path, "this is a link: want a file of its own")
		for _, kind := range []Kind{Entry, Program} {
			_, err := ReadFile(t.Context(), kind, path)
			wantError(t, name, err, path, "this is a link")
		}
	}
	hard := filepath.Join(dir, "hard")
	if err := os.Link(mine, hard); err != nil {
		t.Skip(err) // for file systems without hard links
	}
	_, err := OpenOwn(hard, os.O_RDWR)
	wantError(t, "hard", err, hard, "other names")
	_, err = ReadFile(t.Context(), Program, hard)
	wantError(t, "hard", err, hard, "other names")
	if f, err := OpenOwn(own, os.O_RDWR); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}

// TestOthers: a file or folder that others may write to is refused, and so is one that others own.
func TestOthers(t *testing.T) {
	unixOnly(t)
	for mode, trusted := range map[os.FileMode]bool{0o700: true, 0o755: true, 0o750: true, 0o720: false, 0o702: false,
		0o777: false, 0o770: false} {
		path := filepath.Join(t.TempDir(), "a")
		write(t, path, "x", mode)
		folder := t.TempDir()
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
		_, fileErr := ReadFile(t.Context(), Entry, path)
		for at, err := range map[string]error{path: fileErr, folder: CheckFolder(folder)} {
			if trusted && err != nil {
				t.Errorf("%#o: %v", mode, err)
			}
			if !trusted {
				wantError(t, mode.String(), err, at, "others may write to it, its mode is 07")
			}
		}
		if os.Chown(folder, 65534, -1) != nil || !trusted {
			continue // only root can
		}
		wantError(t, "another's", CheckFolder(folder), folder, "it belongs to user 65534")
	}
}

func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	write(t, path, "", 0o600)
	for _, fine := range []string{dir, filepath.Join(dir, "none"), filepath.Join(dir, "none", "below")} {
		if err := CheckFolder(fine); err != nil {
			t.Error(err)
		}
	}
	wantError(t, "a file", CheckFolder(path), path, "want a folder, this is a file")
}
