using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Views;

/// <summary>The images of a region.</summary>
public sealed class ImageView
{
    private readonly KeptList<IReadOnlyList<RegionImage>> _images;

    internal ImageView(IRegion region, PendingCalls reads, TimeProvider time) =>
        _images = new("list its images", region.ListImagesAsync, reads, time);

    /// <summary>
    /// The architectures that the image can be deployed on; empty when MAAS does not have the image. A positive answer may be a
    /// minute old, an empty one ten seconds. While MAAS does not answer, a positive answer may be older: MAAS refuses to deploy an image
    /// that has gone.
    /// </summary>
    public async Task<ValueList<string>> FindAsync(ImageName image, CancellationToken cancellationToken)
    {
        try
        {
            var images = await _images.GetAsync(TimeSpan.FromMinutes(1), cancellationToken);
            return ArchitecturesOf(image, images) is { Count: > 0 } found
                ? found
                : RequireKnown(image, await _images.GetAsync(TimeSpan.FromSeconds(10), cancellationToken));
        }
        catch (RegionException late)
            when (late.Failure is RegionFailure.NotAnswered && ArchitecturesOf(image, _images.Newest ?? []).Count > 0)
        {
            return ArchitecturesOf(image, _images.Newest ?? []);
        }
    }

    /// <summary>How much MAAS has of an image whose upload has not ended, in per cent, in the newest list; <c>null</c> otherwise.</summary>
    public decimal? FindUpload(ImageName image) => FindImages(image.Value, _images.Newest ?? []).Max(known => known.Progress);

    // An image that cannot be read may be the one.
    private static ValueList<string> RequireKnown(ImageName image, IReadOnlyList<RegionImage> images) =>
        images.FirstOrDefault(known => known.Unreadable is not null) is { Unreadable: { } part } odd
        && FindImages(image.Value, images).All(known => known.Unreadable is not null)
            ? throw new RegionException(
                RegionFailure.Unreadable,
                $"MAAS's list of images has one that cannot be read ({odd.Name}{part}), which may be {image}."
            )
            : ArchitecturesOf(image, images);

    private static ValueList<string> ArchitecturesOf(ImageName image, IReadOnlyList<RegionImage> images) =>
        [
            .. FindImages(image.Value, images)
                .Where(known => known is { Progress: null, Unreadable: null })
                .Select(known => known.Architecture)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    // Up to MAAS 3.7 a custom image is listed without its "custom/" prefix.
    private static IEnumerable<RegionImage> FindImages(string image, IReadOnlyList<RegionImage> images) =>
        images.Where(known => known.Name == image || $"custom/{known.Name}" == image || known.Name == $"custom/{image}");
}
