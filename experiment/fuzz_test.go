package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzAudit reads any bytes as the run.json of a folder. Each mistake is one line. A folder is right only if it has the
// files that run.json names.
func FuzzAudit(f *testing.F) {
	// the checksum is that of the letter a, by Python's crc32c
	const sum = `{"schema":1,"files":[{"name":"a","bytes":1,"crc32c":"93ad1061"}]}`
	f.Add([]byte(sum))
	for _, text := range []string{"", "{}", "null", "[]", `{"schema":2}`, `{"schema":1,"files":[{}]}`,
		strings.Replace(sum, `"a"`, `"../b"`, 1), strings.Replace(sum, `"a"`, `""`, 1),
		strings.Replace(sum, ":1,", ":-1,", 2)} {
		f.Add([]byte(text))
	}
	root := f.TempDir()
	folder := filepath.Join(root, "run")
	if err := os.Mkdir(folder, 0o700); err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{filepath.Join(folder, "a"), filepath.Join(root, "b")} {
		if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, reportName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := AuditFolder(t.Context(), folder)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "experiment: ") || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error %q, want one line that begins with experiment:", err)
			}
			return
		}
		for _, wrong := range a.Wrong {
			if strings.ContainsAny(wrong.Error(), "\n\r") {
				t.Fatalf("%q, want one line", wrong)
			}
		}
		for _, s := range a.Files {
			if len(a.Wrong) == 0 && s.Name != "a" && s.Name != reportName {
				t.Fatalf("all is right, but %q is not a file of the folder", s.Name)
			}
		}
	})
}
