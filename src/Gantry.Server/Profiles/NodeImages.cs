using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Profiles;

/// <summary>The images that the layer of the operating system names.</summary>
/// <param name="Image"><see cref="ClusterSpec.Image"/>.</param>
/// <param name="Stock"><see cref="ClusterSpec.StockImage"/>.</param>
public sealed record NodeImages(ImageName Image, ImageName? Stock)
{
    private const string VersionPlaceholder = "{kubernetesVersion}";

    // Images that MAAS imports are named after the release; none of them holds Kubernetes.
    private const string StockPrefix = "ubuntu/";

    // The releases of Ubuntu whose apt knows what the packages need, by the versions of the pack.
    private static readonly Dictionary<string, string> Releases = new()
    {
        ["22.04"] = "jammy",
        ["24.04"] = "noble",
        ["26.04"] = "resolute",
    };

    /// <returns>Null when an image is not valid; the problem is the layer's.</returns>
    internal static NodeImages? Read(PackSettings os, ProfilePack pack, KubernetesVersion version)
    {
        var release = Releases.GetValueOrDefault(pack.Version);
        var (text, stockText) = (os.Text("image"), os.Text("stockImage"));
        if (text is null && release is not null)
        {
            text = $"custom/ubuntu-{pack.Version}-k8s-{VersionPlaceholder}";
            stockText ??= StockPrefix + release;
        }

        var image = Name(os, "image", text, version);
        if (image is null && string.IsNullOrEmpty(text))
        {
            os.Problem("image", $"is missing; write {ImageName.Write}");
        }

        var stock = Name(os, "stockImage", stockText, version);
        return image is null ? null
            : image.IsImported ? new NodeImages(image, image)
            : new NodeImages(image, stock);
    }

    /// <summary>
    /// The layer's settings when a person names an image: that one is deployed, and no other where MAAS does not have it.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Named(ProfilePack os, string image) =>
        os.Values.Contains("stockImage", StringComparison.Ordinal)
            ? new Dictionary<string, string> { ["image"] = image, ["stockImage"] = "" }
            : new Dictionary<string, string> { ["image"] = image };

    private static ImageName? Name(PackSettings os, string key, string? text, KubernetesVersion version)
    {
        var name = text?.Replace(VersionPlaceholder, $"{version}", StringComparison.Ordinal);
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        if (!ImageName.TryParse(name, out var image))
        {
            os.Problem(key, TextValue.Problem<ImageName>($"'{ApiError.Shown(name)}'"));
        }

        return image;
    }
}
