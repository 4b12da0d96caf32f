package whole_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"gpuconv/whole"
)

// Two files of a folder appear together.
func ExampleFolder() {
	parent, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)

	folder, err := whole.CreateFolder(filepath.Join(parent, "out"))
	if err != nil {
		log.Fatal(err)
	}
	defer folder.Discard() // after Commit it does nothing
	for _, name := range []string{"a.txt", "b.txt"} {
		err := folder.Write(name, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, "this is", name)
			return err
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := folder.Commit(); err != nil {
		log.Fatal(err)
	}

	text, err := os.ReadFile(filepath.Join(parent, "out", "b.txt"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output: this is b.txt
}
