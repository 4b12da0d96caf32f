//go:build !(linux && (amd64 || arm64))

package whole

import (
	"errors"
	"os"
)

// renameNoReplace says that this system has no such step.
func renameNoReplace(*os.Root, string, string) error { return errors.ErrUnsupported }
