package fault_test

import (
	"errors"
	"fmt"

	"gpuconv/fault"
)

// A library prints Error. A program that has a flag for the argument says it in its own words.
func ExampleError() {
	var err error = &fault.Error{Package: "filters", Argument: "size", Value: "1", Rule: "want 2 or more"}
	fmt.Println(err)
	fmt.Printf("--size 1: %s\n", fault.Beside("size", "1", err))

	var wrong *fault.Error
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Argument, "is wrong:", wrong.Rule)
	}
	// Output:
	// filters: size 1: want 2 or more
	// --size 1: want 2 or more
	// size is wrong: want 2 or more
}
