using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>What an image has to hold, checked on the machine before anything is tried: an image that lacks it lacks it for ever.</summary>
internal static class NodePrograms
{
    // After the operator's commands, which may install what the image lacks. Another container runtime does as well.
    public static string Check(ImageName image) =>
        $"""
            missing=
            for program in kubeadm kubelet; do
              if ! command -v $program >/dev/null 2>&1; then missing="$missing $program"; fi
            done
            if ! command -v containerd >/dev/null 2>&1 && ! command -v crio >/dev/null 2>&1; then missing="$missing containerd"; fi
            if [ -n "$missing" ]; then
              {NodeReporter.GivesUp($"the image {Shown(image)} lacks$missing; docs/images.md lists what it needs")}
              exit 1
            fi

            """;

    // The name stands in double quotes of the shell.
    private static string Shown(ImageName image) =>
        string.Concat(
            image.Value.Where(character => char.IsAsciiLetterOrDigit(character) || character is '/' or '-' or '.' or '_')
        );
}
