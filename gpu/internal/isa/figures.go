package isa

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

// figures has a folder for each version of Mesa, such as mesa-26.2.6, with a table for each chip, such as navi21.tsv.
// make isa compares them with what the drivers say, and scripts/drivers isa -update writes them.
//
//go:embed figures
var figures embed.FS

// Counted returns the stages of a chip's table, without mutants, and the version of Mesa that printed their figures. If
// several versions have a table of the chip, it takes the newest.
func Counted(chip string) (mesa string, all []Stage, err error) {
	versions, err := figures.ReadDir("figures")
	if err != nil {
		return "", nil, err
	}
	for _, v := range versions { // sorted, the newest last
		f, err := figures.Open(path.Join("figures", v.Name(), chip+".tsv"))
		if err != nil {
			continue // that version has no table of the chip
		}
		defer f.Close()
		read, err := ReadTable(f)
		if err != nil {
			return "", nil, fmt.Errorf("%s of %s: %w", chip, v.Name(), err)
		}
		mesa, all = strings.TrimPrefix(v.Name(), "mesa-"), nil
		for _, s := range read {
			if !s.Mutant() {
				all = append(all, s)
			}
		}
	}
	if mesa == "" {
		return "", nil, fmt.Errorf("no figures of %s", chip)
	}
	return mesa, all, nil
}
