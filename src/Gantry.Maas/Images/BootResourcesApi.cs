using System.Text.Json.Serialization;
using Gantry.Maas.Http;

namespace Gantry.Maas.Images;

/// <summary>An image for one architecture. MAAS lists bootloaders too.</summary>
public sealed record BootResource
{
    [JsonRequired]
    public int Id { get; init; }

    /// <summary><c>Synced</c> or <c>Uploaded</c>.</summary>
    [JsonRequired]
    public string Type { get; init; } = "";

    /// <summary>
    /// <c>ubuntu/noble</c>. MAAS up to 3.7 removes the prefix <c>custom/</c> of an uploaded image; 3.8 keeps it.
    /// </summary>
    public required string Name { get; init; }

    /// <summary><c>amd64/ga-24.04</c>, <c>amd64/generic</c>.</summary>
    public required string Architecture { get; init; }

    public string? Title { get; init; }

    public string? BaseImage { get; init; }

    /// <summary>Image sets by version; only present when a single image is read.</summary>
    public IReadOnlyDictionary<string, BootResourceSet>? Sets { get; init; }

    /// <summary>
    /// How much of the image MAAS has, in per cent; <c>null</c> when it can be deployed, or when the image was not read alone.
    /// </summary>
    [JsonIgnore]
    public decimal? Progress =>
        Sets is null || Sets.Values.Any(set => set.Complete) ? null : Sets.Values.Max(set => set.Progress) ?? 0;
}

/// <param name="Complete">An incomplete set cannot be deployed.</param>
/// <param name="Progress">In per cent, while the set is incomplete.</param>
public sealed record BootResourceSet(
    string Version,
    long Size,
    bool Complete,
    IReadOnlyDictionary<string, BootResourceFile>? Files = null,
    decimal? Progress = null
);

/// <param name="UploadUri">Path that takes the next chunk while the file is incomplete.</param>
/// <param name="Progress">In per cent, while the file is incomplete.</param>
public sealed record BootResourceFile(
    string? Filename,
    string? Filetype,
    string? Sha256,
    long Size,
    bool Complete,
    string? UploadUri = null,
    decimal? Progress = null
);

/// <summary>An image to upload.</summary>
/// <param name="Name"><c>custom/my-image</c>.</param>
/// <param name="Architecture"><c>amd64/generic</c>.</param>
/// <param name="Filetype"><c>tgz</c>, <c>tbz</c>, <c>txz</c>, <c>ddgz</c>, <c>ddraw</c>, …</param>
/// <param name="Sha256">SHA-256 of the whole content, hex.</param>
/// <param name="Size">Bytes.</param>
/// <param name="BaseImage">The Ubuntu release that the image is built on: <c>ubuntu/noble</c>.</param>
public sealed record BootResourceUpload(
    string Name,
    string Architecture,
    string Filetype,
    string Sha256,
    long Size,
    string? Title = null,
    string? BaseImage = null
);

/// <summary><c>boot-resources/</c>. Changes need an administrator.</summary>
public sealed class BootResourcesApi
{
    /// <summary>The chunk size of MAAS's own tools.</summary>
    private const int ChunkSize = 4 * 1024 * 1024;

    private readonly MaasHttp _http;

    internal BootResourcesApi(MaasHttp http) => _http = http;

    /// <param name="type"><c>synced</c>, <c>uploaded</c> or <c>null</c> for all.</param>
    public Task<MaasList<BootResource>> ListAsync(string? type, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<BootResource>>("boot-resources/", new MaasForm().Add("type", type), cancellationToken);

    public Task<BootResource> GetAsync(int id, CancellationToken cancellationToken) =>
        _http.GetAsync<BootResource>($"boot-resources/{id}/", cancellationToken);

    /// <summary>Creates an image and uploads its content in chunks.</summary>
    public async Task<BootResource> UploadAsync(BootResourceUpload image, Stream content, CancellationToken cancellationToken) =>
        await ResumeAsync(await CreateAsync(image, cancellationToken), content, sent: null, cancellationToken);

    /// <summary>Creates an image without content; <see cref="ResumeAsync"/> uploads it.</summary>
    public Task<BootResource> CreateAsync(BootResourceUpload image, CancellationToken cancellationToken) =>
        _http.PostAsync<BootResource>(
            "boot-resources/",
            null,
            new MaasForm()
                .Add("name", image.Name)
                .Add("architecture", image.Architecture)
                .Add("filetype", image.Filetype)
                .Add("sha256", image.Sha256)
                .Add("size", image.Size)
                .Add("title", image.Title)
                .Add("base_image", image.BaseImage),
            cancellationToken
        );

    /// <summary>Uploads what MAAS does not have of an image yet. MAAS checks the whole against its SHA-256 at the end.</summary>
    /// <param name="image">As MAAS showed it alone.</param>
    /// <param name="content">The whole content; can seek unless MAAS has nothing of it.</param>
    /// <param name="sent">Called with the number of bytes that MAAS has by then.</param>
    /// <exception cref="MaasException">MAAS refused a chunk, for example because the checksum differs.</exception>
    public async Task<BootResource> ResumeAsync(
        BootResource image,
        Stream content,
        Action<long>? sent,
        CancellationToken cancellationToken
    )
    {
        if (
            image.Sets?.Values.SelectMany(set => set.Files?.Values ?? []).FirstOrDefault(file => file.UploadUri is not null)
            is not { UploadUri: { } target } file
        )
        {
            return image;
        }

        // MAAS tells how much it has in per cent alone. It has whole chunks, because every program sends this size.
        var received = (long)Math.Round((file.Progress ?? 0) * file.Size / 100 / ChunkSize) * ChunkSize;
        if (received > 0)
        {
            content.Seek(received, SeekOrigin.Begin);
        }

        var buffer = new byte[ChunkSize];
        for (
            var read = await content.ReadAtLeastAsync(buffer, ChunkSize, throwOnEndOfStream: false, cancellationToken);
            read > 0;
            read = await content.ReadAtLeastAsync(buffer, ChunkSize, throwOnEndOfStream: false, cancellationToken)
        )
        {
            await _http.PutBytesAsync(target, buffer.AsMemory(0, read), cancellationToken);
            received += read;
            sent?.Invoke(received);
        }

        return await GetAsync(image.Id, cancellationToken);
    }

    /// <summary>Starts the import of the images that the boot sources select.</summary>
    public Task ImportAsync(CancellationToken cancellationToken) =>
        _http.PostAsync("boot-resources/", "import", new MaasForm(), cancellationToken);

    public Task<bool> IsImportingAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<bool>("boot-resources/", new MaasForm().Add("op", "is_importing"), cancellationToken);

    public Task DeleteAsync(int id, CancellationToken cancellationToken) =>
        _http.DeleteAsync($"boot-resources/{id}/", cancellationToken);
}
