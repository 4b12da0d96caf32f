package input

import "context"

// watchKey is the key of a watcher in a context.
type watchKey struct{}

// Watch returns a context with which [Open] calls seen for each file that it opens, except the program's own files and
// the system's. bytes is the size of the file, 0 for a stream. Several goroutines may call seen at the same time.
func Watch(ctx context.Context, seen func(path string, bytes int64)) context.Context {
	return context.WithValue(ctx, watchKey{}, seen)
}

// opened tells the watcher of ctx, if there is one.
func opened(ctx context.Context, kind Kind, f *File) {
	if seen, ok := ctx.Value(watchKey{}).(func(path string, bytes int64)); ok && kind != System && !kind.rules().own {
		seen(f.path, f.size)
	}
}
