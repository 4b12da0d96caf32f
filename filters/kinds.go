package filters

import (
	"gpuconv/fault"
	"gpuconv/param"
)

// Kind is a kind of filters.
type Kind struct {
	Name, Summary string
	// Size is the default size of the kind's banks; 0 means the default of [Bank].
	Size int
	// Parameters are those that can be swept, with their default values.
	Parameters []param.Parameter
	// Make returns filters with every combination of the values of the axes, in the order of a [param.Grid]. It refuses
	// what [param.NewGrid] refuses.
	Make func(axes ...param.Axis) ([]Filter, error)
	// Count returns how many filters Make would return, without making them. It refuses the axes that Make refuses.
	Count   func(axes ...param.Axis) (int, error)
	example []param.Axis // the axes of Bank
	pairs   bool         // Bank makes quadrature pairs
}

// Bank returns a small bank that shows the kind, for tests and pictures.
func (k Kind) Bank() (Bank, error) {
	all, err := k.Make(k.example...)
	return Bank{Filters: all, Quadrature: k.pairs, Balanced: k.pairs, Size: k.Size}, err
}

// Kinds returns all kinds of filters except the tutorial's bank, which is [NMA].
func Kinds() []Kind {
	turned := param.NewAxis("orientation", 0, 45, 90, 135)
	gabors := swept("gabor", "Gabors: cosines in a Gaussian", func() Filter { return &Gabor{SF: 0.15} }, turned,
		param.NewAxis("sf", 0.15, 0.3))
	gabors.pairs = true
	return []Kind{
		gabors,
		swept("dog", "differences of Gaussians, ON or OFF centre", func() Filter { return &DoG{} },
			param.NewAxis("sigma", 1, 2), param.NewAxis("sign", 1, -1)),
		swept("gaussian-derivative", "steerable derivatives of a Gaussian",
			func() Filter { return &Derivative{Order: 1, Sigma: 1.5} }, turned, param.NewAxis("order", 1, 2)),
		swept("laplacian", "Laplacians of a Gaussian, or the 3×3 kernel", func() Filter { return &Laplacian{} },
			param.NewAxis("sigma", 0, 1.4)),
		population(),
	}
}

// swept returns a kind whose banks have every combination of the values of its parameters.
func swept(name, summary string, fresh func() Filter, example ...param.Axis) Kind {
	count := func(axes ...param.Axis) (int, error) {
		grid, err := param.NewGrid(fresh().Parameters(), axes)
		if err != nil {
			return 0, &fault.Error{Package: "filters", Err: err}
		}
		return grid.Len(), nil
	}
	return Kind{Name: name, Summary: summary, Parameters: fresh().Parameters(), example: example, Count: count,
		Make: func(axes ...param.Axis) ([]Filter, error) {
			grid, err := param.NewGrid(fresh().Parameters(), axes)
			if err != nil {
				return nil, &fault.Error{Package: "filters", Err: err}
			}
			all := make([]Filter, grid.Len())
			for i := range all {
				all[i] = fresh()
				if err := grid.Set(all[i].Parameters(), i); err != nil {
					return nil, &fault.Error{Package: "filters", Err: err}
				}
			}
			return all, nil
		}}
}

// population returns the kind of [Population]. Its Make draws a whole population for each combination of parameters.
func population() Kind {
	fresh := func() *Population { return &Population{Count: 16, SFCorrelation: 0.75} }
	each := func(axes []param.Axis, visit func(p *Population) error) error {
		grid, err := param.NewGrid(fresh().Parameters(), axes)
		if err != nil {
			return &fault.Error{Package: "filters", Err: err}
		}
		for i := range grid.Len() {
			p := fresh()
			if err := grid.Set(p.Parameters(), i); err != nil {
				return &fault.Error{Package: "filters", Err: err}
			}
			if err := visit(p); err != nil {
				return err
			}
		}
		return nil
	}
	count := func(axes ...param.Axis) (n int, err error) {
		err = each(axes, func(p *Population) error {
			if n += p.Count; n > mostDrawn {
				return fault.New("filters", "populations of more than 2²⁰ filters in all", "",
					"want fewer, or one by one")
			}
			return nil
		})
		return n, err
	}
	return Kind{Name: "v1", Summary: "Gabors distributed as V1's neurons, drawn with a seed", Size: 25,
		Parameters: fresh().Parameters(), pairs: true, Count: count,
		Make: func(axes ...param.Axis) (all []Filter, err error) {
			if _, err := count(axes...); err != nil {
				return nil, err
			}
			err = each(axes, func(p *Population) error {
				drawn, err := p.Filters()
				all = append(all, drawn...)
				return err
			})
			return all, err
		}}
}
