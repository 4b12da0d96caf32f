package convtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// powers checks the promises of each optional interface that a plan implements.
func powers(t *testing.T, open func(*testing.T, conv.Problem, compare.Case) conv.Plan, p conv.Problem,
	drawn compare.Case) {
	t.Run("submissions", func(t *testing.T) {
		if _, ok := open(t, p, drawn).(conv.Submitter); !ok {
			t.Skip("the plan is not a conv.Submitter")
		}
		if err := submissions(func() conv.Plan { return open(t, p, drawn) }, p, drawn.Src); err != nil {
			t.Error(err)
		}
	})
	t.Run("phases", func(t *testing.T) {
		if _, ok := open(t, p, drawn).(conv.Phaser); !ok {
			t.Skip("the plan is not a conv.Phaser")
		}
		if err := phases(open(t, p, drawn), p, drawn.Src); err != nil {
			t.Error(err)
		}
	})
}

// submissions returns an error that says which promise of a [conv.Submitter] a plan of p breaks, or nil. open makes a
// new plan of p for each check.
func submissions(open func() conv.Plan, p conv.Problem, src *conv.Tensor) error {
	want, err := compare.RunGuarded(open(), p, src)
	if err != nil {
		return err
	}
	for name, check := range map[string]func(conv.Plan, conv.Problem, *conv.Tensor, *conv.Tensor) error{
		"several in flight": inFlight, "from several goroutines": severalSubmit, "beside Run": besideRun,
		"wrong tensors": wrongSubmission, "Close": closeWhilePending,
	} {
		if err := check(open(), p, src, want); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// submission is one submitted batch, the first images of src, with the tensor that receives its outputs.
type submission struct {
	conv.Pending
	dst *conv.Tensor
}

func submit(plan conv.Plan, p conv.Problem, src *conv.Tensor) (submission, error) {
	dst, err := blank(p, src.Shape.N())
	if err != nil {
		return submission{}, err
	}
	pending, err := plan.(conv.Submitter).Submit(dst, src)
	return submission{pending, dst}, err
}

// blank returns an output of n images, filled with zeros. Correct outputs have no zeros, because no sum of random
// numbers is 0.
func blank(p conv.Problem, n int) (*conv.Tensor, error) {
	shape, err := p.Dst()
	if err != nil {
		return nil, err
	}
	return conv.NewTensor(shape.WithN(n))
}

// right waits for a submission and compares the bits of its outputs with Run's.
func (s submission) right(want *conv.Tensor) error {
	if err := errors.Join(s.Wait(), s.Wait()); err != nil { // waiting twice is allowed
		return err
	}
	if at := compare.Differ(s.dst.Data, want.Images(0, s.dst.Shape.N()).Data); at >= 0 {
		return fmt.Errorf("element %d of %d images is %v, Run's is %v", at, s.dst.Shape.N(), s.dst.Data[at],
			want.Data[at])
	}
	return nil
}

// inFlight submits batches of all sizes, including an empty one. It waits for the last one first, then for the others
// in the order of submission.
func inFlight(plan conv.Plan, p conv.Problem, src, want *conv.Tensor) error {
	var all []submission
	for i := range 3 * (src.Shape.N() + 1) {
		s, err := submit(plan, p, src.Images(0, (5*i)%(src.Shape.N()+1)))
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	last := len(all) - 1
	for i, s := range slices.Concat(all[last:], all[:last]) {
		if err := s.right(want); err != nil {
			return fmt.Errorf("the %d-th of %d that is waited for: %w", i, len(all), err)
		}
	}
	return nil
}

func severalSubmit(plan conv.Plan, p conv.Problem, src, want *conv.Tensor) error {
	found := make(chan error)
	for range 8 {
		go func() {
			found <- func() error {
				first, err := submit(plan, p, src)
				if err != nil {
					return err
				}
				second, err := submit(plan, p, src.Images(0, 1))
				if err != nil {
					return err
				}
				return errors.Join(second.right(want), first.right(want))
			}()
		}()
	}
	var all []error
	for range 8 {
		all = append(all, <-found)
	}
	return errors.Join(all...)
}

// besideRun calls Run while a batch is pending.
func besideRun(plan conv.Plan, p conv.Problem, src, want *conv.Tensor) error {
	before, err := submit(plan, p, src)
	if err != nil {
		return err
	}
	got, err := compare.RunGuarded(plan, p, src)
	if err != nil {
		return err
	}
	if at := compare.Differ(got.Data, want.Data); at >= 0 {
		return fmt.Errorf("element %d of Run changed", at)
	}
	return before.right(want)
}

// wrongSubmission checks that Submit refuses at once the tensors that Run refuses, and that this harms no other batch.
func wrongSubmission(plan conv.Plan, p conv.Problem, src, want *conv.Tensor) error {
	before, err := submit(plan, p, src)
	if err != nil {
		return err
	}
	dst, err := blank(p, src.Shape.N())
	if err != nil {
		return err
	}
	for arg, args := range map[string][2]*conv.Tensor{
		"src": {dst, nil}, "dst": {dst.Images(0, dst.Shape.N()-1), src},
	} {
		var shape *conv.ShapeError
		if _, err := plan.(conv.Submitter).Submit(args[0], args[1]); !errors.As(err, &shape) || shape.Arg != arg {
			return fmt.Errorf("%v, want a *conv.ShapeError that names %s", err, arg)
		}
	}
	after, err := submit(plan, p, src)
	if err != nil {
		return err
	}
	return errors.Join(before.right(want), after.right(want))
}

// closeWhilePending checks that Close ends the submissions that are not done. A later submission is refused by Submit
// or by Wait.
func closeWhilePending(plan conv.Plan, p conv.Problem, src, want *conv.Tensor) error {
	var all []submission
	for range 20 {
		s, err := submit(plan, p, src)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if err := plan.Close(); err != nil {
		return err
	}
	for i, s := range all {
		if err := s.right(want); err != nil && !errors.Is(err, conv.ErrClosed) {
			return fmt.Errorf("the %d-th of those pending: %w, want it done or conv.ErrClosed", i, err)
		}
	}
	late, err := submit(plan, p, src)
	if err == nil {
		err = late.Wait()
	}
	if !errors.Is(err, conv.ErrClosed) {
		return fmt.Errorf("%v after Close, want conv.ErrClosed", err)
	}
	return nil
}

// phases returns an error that says which promise of a [conv.Phaser] a plan of p breaks, or nil. It closes the plan.
func phases(plan conv.Plan, p conv.Problem, src *conv.Tensor) error {
	want, err := compare.RunGuarded(plan, p, src)
	if err != nil {
		return err
	}
	for n := range src.Shape.N() + 1 {
		dst, err := blank(p, n)
		if err != nil {
			return err
		}
		took, err := plan.(conv.Phaser).RunPhases(dst, src.Images(0, n))
		if err != nil {
			return err
		}
		if at := compare.Differ(dst.Data, want.Images(0, n).Data); at >= 0 {
			return fmt.Errorf("element %d of %d images is %v, Run's is %v", at, n, dst.Data[at], want.Data[at])
		}
		if took.Upload < 0 || took.Readback < 0 || (took.Kernel <= 0) != (n == 0) {
			return fmt.Errorf("%d images took %+v", n, took)
		}
	}
	if _, err := plan.(conv.Phaser).RunPhases(nil, src); !errors.As(err, new(*conv.ShapeError)) {
		return fmt.Errorf("%v without dst, want a *conv.ShapeError", err)
	}
	if err := plan.Close(); err != nil {
		return err
	}
	if _, err := plan.(conv.Phaser).RunPhases(want, src); !errors.Is(err, conv.ErrClosed) {
		return fmt.Errorf("%v after Close, want conv.ErrClosed", err)
	}
	return nil
}
