//go:build !(linux && (amd64 || arm64))

package whole

import (
	"errors"
	"os"
)

// renameNoReplace returns [errors.ErrUnsupported]: on this system this package knows no way to check and rename in one
// step.
func renameNoReplace(*os.Root, string, string) error { return errors.ErrUnsupported }
