package probe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gpuconv/gpu"
	"gpuconv/internal/input"
	"gpuconv/whole"
)

// record is a file that keeps what a child found.
type record struct{ path string }

// content is what a record holds.
type content struct {
	Found Found             `json:"found"`
	Files map[string]string `json:"files"` // what the answer depends on, and what each was
}

// extension is that of records.
const extension = ".probe"

// mostRecords is how many are kept: users have a few environments.
const mostRecords = 64

// record returns the file for a request made in this environment; its path is "" if nothing is kept.
func (p Prober) record(r request) record {
	if p.Folder == "" {
		return record{}
	}
	hash := sha256.New()
	json.NewEncoder(hash).Encode(r)
	for _, v := range slices.Sorted(slices.Values(os.Environ())) {
		if name, _, _ := strings.Cut(v, "="); !slices.Contains(irrelevant, name) {
			fmt.Fprintf(hash, "%q\n", v)
		}
	}
	for _, resource := range []int{syscall.RLIMIT_AS, syscall.RLIMIT_DATA, syscall.RLIMIT_STACK, syscall.RLIMIT_NOFILE} {
		var limit syscall.Rlimit
		syscall.Getrlimit(resource, &limit)
		fmt.Fprintln(hash, limit)
	}
	boot, _ := input.ReadFile(context.Background(), input.System, "/proc/sys/kernel/random/boot_id") // a new kernel may have new modules
	program, _ := os.Executable()
	fmt.Fprintf(hash, "%s %d %s %s", boot, os.Geteuid(), program, state(program))
	return record{filepath.Join(p.Folder, hex.EncodeToString(hash.Sum(nil))+extension)}
}

// irrelevant are variables that differ between calls and concern no driver.
var irrelevant = []string{"PWD", "OLDPWD", "_", "SHLVL", "COLUMNS", "LINES", "GPUCONV_CPU", "TERM", "WINDOWID",
	"SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK", "XDG_SESSION_ID", "TMUX", "TMUX_PANE", "STY"}

// load returns what is kept if everything that it depends on is as it was.
func (r record) load() (Found, bool) {
	if r.path == "" {
		return Found{}, false
	}
	text, err := input.ReadFile(context.Background(), input.Entry, r.path)
	var c content
	if err != nil || json.Unmarshal(text, &c) != nil || len(c.Files) == 0 {
		return Found{}, false
	}
	for file, was := range c.Files {
		if state(file) != was {
			return Found{}, false
		}
	}
	for _, file := range watched() {
		if _, ok := c.Files[file]; !ok {
			return Found{}, false
		}
	}
	return c.Found, true
}

// save keeps what was found. A record that cannot be kept costs the next process a child.
func (r record) save(found Found, files []string) {
	if r.path == "" {
		return
	}
	c := content{Found: found, Files: map[string]string{}}
	for _, file := range append(files, watched()...) {
		c.Files[file] = state(file)
	}
	folder := filepath.Dir(r.path)
	if os.MkdirAll(folder, 0o777) != nil {
		return
	}
	forget(folder)
	whole.Write(r.path, func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
}

// forget removes the oldest records of a folder that has too many.
func forget(folder string) {
	entries, _ := os.ReadDir(folder)
	written := map[string]time.Time{}
	var names []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), extension) {
			names = append(names, e.Name())
			written[e.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return written[a].Compare(written[b]) })
	for _, name := range names[:max(0, len(names)+1-mostRecords)] {
		os.Remove(filepath.Join(folder, name))
	}
}

// watched are the files and folders that decide which drivers there are.
func watched() []string {
	all := []string{"/etc/ld.so.cache", "/etc/drirc", "/usr/share/drirc.d", "/dev/dri", "/sys/module/nvidia/version"}
	for _, pattern := range []string{"/dev/dri/*", "/dev/nvidia*"} {
		found, _ := filepath.Glob(pattern)
		all = append(all, found...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		all = append(all, filepath.Join(home, ".drirc"))
	}
	for _, name := range []string{"LD_LIBRARY_PATH", "LIBGL_DRIVERS_PATH"} {
		all = append(all, filepath.SplitList(os.Getenv(name))...)
	}
	return append(all, gpu.VendorFolders()...)
}

// state changes when a file does.
func state(file string) string {
	var s syscall.Stat_t
	if err := syscall.Stat(file, &s); err != nil {
		return err.Error()
	}
	if s.Mode&syscall.S_IFMT == syscall.S_IFCHR { // opening a device changes its times
		return fmt.Sprint(s.Rdev, s.Mode, s.Uid, s.Gid)
	}
	return fmt.Sprint(s.Size, s.Mtim.Sec, s.Mtim.Nsec, s.Ino)
}
