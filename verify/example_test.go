package verify_test

import (
	"context"
	"fmt"

	"gpuconv/cpu"
	"gpuconv/verify"
)

// Test a backend on a few cases. [verify.Quick] and [verify.Whole] have the others.
func Example() {
	var count verify.Count
	r := verify.Runner{
		Judge:    cpu.Reference{},
		Subjects: []verify.Subject{{Backend: cpu.Engine{}, Name: "cpu"}},
		Cases:    verify.Layers(),
		Each: func(record verify.Record) error {
			count.Add(record)
			return nil
		},
	}
	err := r.Run(context.Background())
	fmt.Println(count, err)
	// Output: 3 passed, 0 failed, 0 skipped <nil>
}
