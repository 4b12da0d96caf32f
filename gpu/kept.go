package gpu

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mesaKeeps reports whether Mesa keeps compiled shaders for the next process. It does if no environment variable turns
// its cache off and the folder of the cache exists; Mesa makes the folder when it opens a context. env looks up
// environment variables, as [os.Getenv] does. See MESA_SHADER_CACHE_DISABLE and MESA_SHADER_CACHE_DIR at
// https://docs.mesa3d.org/envvars.html.
func mesaKeeps(env func(string) string) bool {
	no := []string{"", "n", "no", "0", "f", "false"}
	for _, off := range []string{"MESA_SHADER_CACHE_DISABLE", "MESA_GLSL_CACHE_DISABLE"} { // the second is older Mesa's
		if !slices.Contains(no, strings.ToLower(env(off))) {
			return false
		}
	}
	for _, folder := range []string{env("MESA_SHADER_CACHE_DIR"), env("MESA_GLSL_CACHE_DIR"), env("XDG_CACHE_HOME"),
		filepath.Join(env("HOME"), ".cache")} {
		if folder == "" {
			continue
		}
		found, _ := filepath.Glob(filepath.Join(folder, "mesa_shader_cache*")) // a malformed pattern finds nothing
		return slices.ContainsFunc(found, isFolder)
	}
	return false
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
