package isa

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	dumps  = flag.String("dumps", "", "a folder with CHIP.txt, what TestStages of package gpu and drivers printed")
	asked  = flag.String("chips", strings.Join(chips, " "), "the chips of -dumps to read, with spaces between them")
	update = flag.Bool("update", false, "write the figures of these drivers anew")
)

// chips are the GPUs whose compilers print figures about programs.
var chips = []string{"navi21", "vega10", "navi31", "ampere"}

// mutants is how many stages TestStages of package gpu makes worse on purpose.
const mutants = 4

// TestBudgetsOfChips compares every stage with shaders/budgets.txt, by what the compiler of each chip prints about it.
func TestBudgetsOfChips(t *testing.T) {
	for _, chip := range chips {
		t.Run(chip, func(t *testing.T) {
			_, stages := readDump(t, chip)
			hold(t, chip, stages)
		})
	}
}

// TestBudgetsOfFigures compares the stored figures with shaders/budgets.txt. It needs no drivers, so it runs on every
// machine. It does not compile the shaders: only TestBudgetsOfChips, which needs the drivers, notices that a shader has
// changed.
func TestBudgetsOfFigures(t *testing.T) {
	for _, chip := range chips {
		mesa, counted, err := Counted(chip)
		if err != nil {
			t.Fatal(err)
		}
		f, err := figures.Open("figures/mesa-" + mesa + "/" + chip + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		stages, err := ReadTable(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(counted) != len(stages)-mutants {
			t.Errorf("%s: %d stages of %d are counted", chip, len(counted), len(stages))
		}
		hold(t, chip, stages)
	}
}

// TestFiguresOfEveryShader: each shader has figures of every chip, but direct_soft, which is for software renderers
// alone.
func TestFiguresOfEveryShader(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shaders", "*.comp"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, chip := range chips {
		_, stages, err := Counted(chip)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			shader := strings.TrimSuffix(filepath.Base(file), ".comp")
			has := slices.ContainsFunc(stages, func(s Stage) bool { return strings.HasSuffix(s.Name, "/"+shader) })
			if want := shader != "direct_soft"; has != want {
				t.Errorf("%s: figures of %s: %v, want %v", chip, shader, has, want)
			}
		}
	}
}

// hold compares stages with the budgets. Stages must keep them, and mutants must exceed one.
func hold(t *testing.T, chip string, stages []Stage) {
	t.Helper()
	budgets := readBudgetsFile(t)
	caught := 0
	for _, s := range stages {
		over := Over(budgets, chip, s)
		switch {
		case !s.Mutant() && len(over) > 0:
			t.Errorf("%s, %v: %s", chip, s, strings.Join(over, "; "))
		case s.Mutant() && len(over) == 0:
			t.Errorf("%s, %s: within its budgets", chip, s.Name)
		case s.Mutant():
			caught++
			t.Logf("%s, %s: %s", chip, s.Name, strings.Join(over, "; "))
		}
	}
	if caught != mutants || len(stages) < 25 {
		t.Errorf("%s: %d stages, and %d mutants are caught: want 25 and %d", chip, len(stages), caught, mutants)
	}
}

// TestFigures compares the figures of every stage with those in the folder figures for the same version of Mesa, if
// there are any.
func TestFigures(t *testing.T) {
	for _, chip := range chips {
		t.Run(chip, func(t *testing.T) {
			device, stages := readDump(t, chip)
			compare(t, device, chip, stages)
		})
	}
}

func readBudgetsFile(t *testing.T) []Budget {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shaders", "budgets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	budgets, err := ReadBudgets(f)
	if err != nil {
		t.Fatal(err)
	}
	return budgets
}

// readDump reads what was printed for a chip. Without it the test is skipped.
func readDump(t *testing.T, chip string) (device string, stages []Stage) {
	t.Helper()
	if *dumps == "" {
		t.Skip("make isa runs it, on what drivers of GPUs that are not here print")
	}
	if !slices.Contains(strings.Fields(*asked), chip) {
		t.Skip("make isa was asked for " + *asked) // a dump may be of an earlier run
	}
	f, err := os.Open(filepath.Join(*dumps, chip+".txt"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	device, stages, err = Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return device, stages
}

var mesa = regexp.MustCompile(`Mesa (\d+\.\d+\.\d+)`)

// compare compares figures with those in the folder figures for the same version of Mesa. With -update it writes them
// there instead.
func compare(t *testing.T, device, chip string, stages []Stage) {
	t.Helper()
	version := mesa.FindStringSubmatch(device)
	if version == nil {
		t.Fatalf("no version of Mesa in %q", device)
	}
	var table bytes.Buffer
	if err := WriteTable(&table, stages); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("figures", "mesa-"+version[1], chip+".tsv")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, table.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("%v: scripts/drivers isa -update writes it", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range changed(string(want), table.String()) {
		t.Errorf("%s: %s (scripts/drivers isa -update keeps it)", path, line)
	}
}

// changed lists the lines that only one of two tables has: with − before those of the old one, and + before those of
// the new one.
func changed(old, new string) (all []string) {
	before, after := strings.Split(old, "\n"), strings.Split(new, "\n")
	for _, line := range before {
		if !slices.Contains(after, line) {
			all = append(all, "− "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			all = append(all, "+ "+line)
		}
	}
	return all
}
