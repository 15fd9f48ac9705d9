using Gantry.Maas.Http;
using Gantry.Maas.Machines;

namespace Gantry.Maas.Tags;

/// <param name="Definition">XPath over the hardware report. MAAS assigns a tag with a definition itself.</param>
public sealed record Tag(string Name, string Definition = "", string Comment = "", string KernelOpts = "");

/// <summary><c>tags/</c>: addressed by name. Changes need an administrator.</summary>
public sealed class TagsApi
{
    private readonly MaasHttp _http;

    internal TagsApi(MaasHttp http) => _http = http;

    public Task<MaasList<Tag>> ListAsync(CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Tag>>("tags/", cancellationToken);

    public Task<Tag> GetAsync(string name, CancellationToken cancellationToken) =>
        _http.GetAsync<Tag>(Path(name), cancellationToken);

    public Task<Tag> CreateAsync(Tag tag, CancellationToken cancellationToken) =>
        _http.PostAsync<Tag>(
            "tags/",
            null,
            new MaasForm()
                .Add("name", tag.Name)
                .Add("comment", tag.Comment)
                .Add("definition", tag.Definition)
                .Add("kernel_opts", tag.KernelOpts),
            cancellationToken
        );

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _http.DeleteAsync(Path(name), cancellationToken);

    public Task<MaasList<Machine>> ListMachinesAsync(string name, CancellationToken cancellationToken) =>
        _http.GetAsync<MaasList<Machine>>(Path(name), new MaasForm().Add("op", "machines"), cancellationToken);

    /// <summary>
    /// Adds the tag to machines and removes it from others. MAAS ignores unknown system ids; the counts show it.
    /// </summary>
    public Task<TagChange> UpdateNodesAsync(
        string name,
        IEnumerable<string> add,
        IEnumerable<string> remove,
        CancellationToken cancellationToken
    ) =>
        _http.PostAsync<TagChange>(
            Path(name),
            "update_nodes",
            new MaasForm().AddAll("add", add).AddAll("remove", remove),
            cancellationToken
        );

    private static string Path(string name) => $"tags/{Uri.EscapeDataString(name)}/";
}

public sealed record TagChange(int Added, int Removed);
