package odoo

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A LogSource says where a request log is to be read: one of its fields is set.
type LogSource struct {
	Path       string // of a file; also a container engine's own, whose wrapping is taken off
	Container  string // of a local engine that speaks Docker's commands
	Kubernetes *KubernetesLog
}

// KubernetesLog is the log of a pod's container.
type KubernetesLog struct {
	Namespace, Pod string
	Container      string // "" where the pod has only one
}

// Names of containers, namespaces and pods. They become arguments of a command:
// none begins with a dash.
var sourceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// ParseLogSource reads a path, docker:CONTAINER, or
// kubernetes:NAMESPACE/POD[/CONTAINER]. The error is an *headroom.InputError
// without Where.
func ParseLogSource(text string) (LogSource, error) {
	bad := func(what, do string) (LogSource, error) {
		return LogSource{}, &headroom.InputError{What: fmt.Sprintf("%q %s", text, what), Do: do}
	}
	if name, ok := strings.CutPrefix(text, "docker:"); ok {
		if !sourceName.MatchString(name) {
			return bad("names no container", "give docker:CONTAINER, by its name or id")
		}
		return LogSource{Container: name}, nil
	}
	name, ok := strings.CutPrefix(text, "kubernetes:")
	if !ok {
		if text == "" {
			return bad("is no request log", "give a path, docker:CONTAINER or kubernetes:NAMESPACE/POD")
		}
		return LogSource{Path: text}, nil
	}
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if !sourceName.MatchString(part) || len(parts) < 2 || len(parts) > 3 {
			return bad("names no pod", "give kubernetes:NAMESPACE/POD, or kubernetes:NAMESPACE/POD/CONTAINER where the pod has several")
		}
	}
	k := &KubernetesLog{Namespace: parts[0], Pod: parts[1]}
	if len(parts) == 3 {
		k.Container = parts[2]
	}
	return LogSource{Kubernetes: k}, nil
}
