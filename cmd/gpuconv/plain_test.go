package main

import (
	"context"
	"testing"

	"gpuconv/cpu"
	"gpuconv/verify"
)

// TestQuickPlainSubjects: with --quick the CPU engine and algorithms that refuse cases meet the cover of plain layers.
// A GPU algorithm that accepts everything has only the ordinary convolutions that all subjects have.
func TestQuickPlainSubjects(t *testing.T) {
	f := verifyFlags{quick: true, backends: "gpu,cpu"}
	all := verify.Subject{Name: "gpu", Algorithm: "all", Backend: listing{Explainer: accepts(true)}}
	none := verify.Subject{Name: "gpu", Algorithm: "none", Backend: listing{Explainer: accepts(false)}}
	engine := verify.Subject{Name: "cpu", Backend: cpu.Engine{}}
	runs, err := f.runs(context.Background(), &verified{subjects: []verify.Subject{all, none, engine}})
	if err != nil {
		t.Fatal(err)
	}
	general, plain := verify.Quick(verify.Stimuli(), verify.Banks()),
		verify.QuickPlain(verify.Stimuli(), verify.Banks())
	for _, s := range []verify.Subject{all, none, engine} {
		met := map[string]bool{}
		for _, r := range runs {
			for _, has := range r.Subjects {
				for _, c := range r.Cases {
					met[c.Name] = met[c.Name] || has.String() == s.String()
				}
			}
		}
		for _, c := range general {
			if !met[c.Name] {
				t.Fatalf("%s: no case %s", s, c.Name)
			}
		}
		for _, c := range plain {
			if met[c.Name] != (s.Algorithm != "all") {
				t.Fatalf("%s: case %s is %v", s, c.Name, met[c.Name])
			}
		}
	}
	if len(plain) < 100 {
		t.Errorf("%d cases of plain layers", len(plain))
	}
}
