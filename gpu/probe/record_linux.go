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
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"gpuconv/gpu"
	"gpuconv/internal/input"
	"gpuconv/whole"

	"golang.org/x/sys/unix"
)

// record is the file that keeps what a child found for one request in one environment.
type record struct {
	folder      string // "": nothing is kept
	environment string // a hash of what the answer depends on, besides files
	request     string // a hash of the request
}

// content is what a record holds.
type content struct {
	Found Found             `json:"found"`
	Files map[string]string `json:"files"` // the state of each file that the answer depends on
}

// extension ends the names of records.
const extension = ".probe"

// recordName matches the names of records: see path.
var recordName = regexp.MustCompile(`^[0-9a-f]{32}-[0-9a-f]{32}\` + extension + `$`)

// mostRecords is how many records a folder keeps: users have a few environments.
const mostRecords = 64

// record returns the file for a request made in this environment.
func (p Prober) record(r request) record {
	if p.Folder == "" {
		return record{}
	}
	return record{p.Folder, environment(), short(func(w io.Writer) { json.NewEncoder(w).Encode(r) })}
}

func (r record) path() string { return filepath.Join(r.folder, r.environment+"-"+r.request+extension) }

// environment returns a hash of what this process gets from its parent and from the system, except files: variables,
// limits, the user and its groups, the boot and the program.
func environment() string {
	return short(func(w io.Writer) {
		for _, v := range slices.Sorted(slices.Values(os.Environ())) {
			if name, _, _ := strings.Cut(v, "="); !slices.Contains(irrelevant, name) {
				fmt.Fprintf(w, "%q\n", v)
			}
		}
		for _, resource := range []int{syscall.RLIMIT_AS, syscall.RLIMIT_DATA, syscall.RLIMIT_STACK,
			syscall.RLIMIT_NOFILE} {
			var limit syscall.Rlimit
			syscall.Getrlimit(resource, &limit)
			fmt.Fprintln(w, limit)
		}
		// a new kernel may have new modules
		boot, _ := input.ReadFile(context.Background(), input.System, "/proc/sys/kernel/random/boot_id")
		program, _ := os.Executable()
		groups, _ := os.Getgroups()
		fmt.Fprintf(w, "%s %d %d %v %s %s", boot, os.Geteuid(), os.Getegid(), groups, program, state(program))
	})
}

// short returns the first 16 bytes of the SHA-256 of what write writes, in hexadecimal.
func short(write func(io.Writer)) string {
	hash := sha256.New()
	write(hash)
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// irrelevant are variables that differ between calls and concern no driver.
var irrelevant = []string{"PWD", "OLDPWD", "_", "SHLVL", "COLUMNS", "LINES", "GPUCONV_CPU", "TERM", "WINDOWID",
	"SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK", "XDG_SESSION_ID", "TMUX", "TMUX_PANE", "STY"}

// load returns what is kept, if every file that the answer depends on is as it was when the record was written.
func (r record) load() (Found, bool) {
	if r.folder == "" {
		return Found{}, false
	}
	text, err := input.ReadFile(context.Background(), input.Entry, r.path())
	var c content
	if err != nil || json.Unmarshal(text, &c) != nil || len(c.Files) == 0 {
		return Found{}, false
	}
	for file, was := range c.Files {
		if state(file) != was {
			return Found{}, false
		}
	}
	for _, file := range watched(nil) { // a file that is new since then counts too
		if _, ok := c.Files[file]; !ok {
			return Found{}, false
		}
	}
	return c.Found, true
}

// save keeps what was found. If it cannot, the next process starts a child again.
func (r record) save(found Found, files []string) {
	if r.folder == "" {
		return
	}
	c := content{Found: found, Files: map[string]string{}}
	for _, file := range append(files, watched(files)...) {
		c.Files[file] = state(file)
	}
	if os.MkdirAll(r.folder, 0o700) != nil {
		return
	}
	forget(r.folder)
	whole.ClearPrivate(r.folder)
	whole.WritePrivate(r.path(), func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
}

// forgetEnvironment removes what is kept for any request made in this environment.
func (r record) forgetEnvironment() {
	if r.folder == "" {
		return
	}
	entries, _ := os.ReadDir(r.folder)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), r.environment+"-") && recordName.MatchString(e.Name()) {
			os.Remove(filepath.Join(r.folder, e.Name()))
		}
	}
}

// forget removes the oldest records of a folder that has too many.
func forget(folder string) {
	entries, _ := os.ReadDir(folder)
	written := map[string]time.Time{}
	var names []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && recordName.MatchString(e.Name()) {
			names = append(names, e.Name())
			written[e.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return written[a].Compare(written[b]) })
	for _, name := range names[:max(0, len(names)+1-mostRecords)] {
		os.Remove(filepath.Join(folder, name))
	}
}

// watched lists the files and folders that decide which drivers there are: device files, settings, and the folders
// where the system looks for libraries, including those of the libraries that were loaded. On a system without
// ld.so.cache, such as Alpine, only a change of such a folder shows that a library is new.
func watched(loaded []string) []string {
	all := []string{"/etc/ld.so.cache", "/etc/drirc", "/usr/share/drirc.d", "/dev/dri", "/sys/module/nvidia/version",
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"}
	for _, pattern := range []string{"/dev/dri/*", "/dev/nvidia*", "/etc/ld-musl-*.path"} {
		found, _ := filepath.Glob(pattern)
		all = append(all, found...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		all = append(all, filepath.Join(home, ".drirc"))
	}
	for _, name := range []string{"LD_LIBRARY_PATH", "LIBGL_DRIVERS_PATH"} {
		all = append(all, filepath.SplitList(os.Getenv(name))...)
	}
	for _, file := range loaded {
		if strings.Contains(filepath.Base(file), ".so") {
			all = append(all, filepath.Dir(file))
		}
	}
	return append(all, gpu.VendorFolders()...)
}

// state describes a file. The text changes when the file changes, and when this process gains or loses the right to
// open it.
func state(file string) string {
	var s syscall.Stat_t
	if err := syscall.Stat(file, &s); err != nil {
		return err.Error()
	}
	readable := unix.Faccessat(unix.AT_FDCWD, file, unix.R_OK, unix.AT_EACCESS) == nil // groups and ACLs count too
	// without the times of a device, which change when it is opened
	if s.Mode&syscall.S_IFMT == syscall.S_IFCHR {
		writable := unix.Faccessat(unix.AT_FDCWD, file, unix.W_OK, unix.AT_EACCESS) == nil
		return fmt.Sprint(s.Rdev, s.Mode, s.Uid, s.Gid, readable, writable)
	}
	return fmt.Sprint(s.Dev, s.Ino, s.Size, s.Ctim.Sec, s.Ctim.Nsec, readable)
}
