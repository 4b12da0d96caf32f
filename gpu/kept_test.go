package gpu

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMesaKeeps: Mesa keeps what it compiles where its variables say, unless they turn its cache off or the folder does
// not exist.
func TestMesaKeeps(t *testing.T) {
	full, empty := t.TempDir(), t.TempDir()
	for _, folder := range []string{"mesa_shader_cache", filepath.Join(".cache", "mesa_shader_cache_db")} {
		if err := os.MkdirAll(filepath.Join(full, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"home", map[string]string{"HOME": full}, true},
		{"no home", map[string]string{}, false},
		{"empty home", map[string]string{"HOME": empty}, false},
		{"XDG", map[string]string{"HOME": empty, "XDG_CACHE_HOME": full}, true},
		{"empty XDG", map[string]string{"HOME": full, "XDG_CACHE_HOME": empty}, false},
		{"named", map[string]string{"HOME": empty, "MESA_SHADER_CACHE_DIR": full}, true},
		{"named and empty", map[string]string{"HOME": full, "MESA_SHADER_CACHE_DIR": empty}, false},
		{"off", map[string]string{"HOME": full, "MESA_SHADER_CACHE_DISABLE": "true"}, false},
		{"off, as 1", map[string]string{"HOME": full, "MESA_GLSL_CACHE_DISABLE": "1"}, false},
		{"not off", map[string]string{"HOME": full, "MESA_SHADER_CACHE_DISABLE": "False"}, true},
	} {
		if got := mesaKeeps(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
