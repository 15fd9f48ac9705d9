using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Lab.Machines;

/// <param name="Owner">The owner and group, as <c>root:root</c>.</param>
public sealed record MachineFile(byte[] Content, int Mode, string Owner)
{
    [JsonIgnore]
    public string Text => Encoding.UTF8.GetString(Content);
}

/// <summary>The file system of an emulated machine: absolute paths, no links, no mount points. Not thread-safe.</summary>
public sealed class MachineFiles
{
    private readonly SortedDictionary<string, MachineFile> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _folders = new(StringComparer.Ordinal) { "/" };

    /// <summary>The content as the lab stores it. It may hold keys.</summary>
    public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(new Content(_files, _folders));

    public static MachineFiles Load(byte[] saved)
    {
        var (files, folders) = JsonSerializer.Deserialize<Content>(saved)!;
        var loaded = new MachineFiles();
        loaded._folders.UnionWith(folders);
        foreach (var (path, file) in files)
        {
            loaded._files[path] = file;
        }

        return loaded;
    }

    public MachineFile? Find(string path) => _files.GetValueOrDefault(Normal(path));

    public bool IsFolder(string path) => _folders.Contains(Normal(path));

    public bool Exists(string path) => Find(path) is not null || IsFolder(path);

    /// <summary>Paths of the files below a folder at any depth, sorted.</summary>
    public IReadOnlyList<string> Below(string folder)
    {
        var prefix = Normal(folder).TrimEnd('/') + "/";
        return [.. _files.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>Names directly in a folder, sorted.</summary>
    public IReadOnlyList<string> Names(string folder)
    {
        var prefix = Normal(folder).TrimEnd('/') + "/";
        return
        [
            .. _files
                .Keys.Concat(_folders)
                .Where(path => path.Length > prefix.Length && path.StartsWith(prefix, StringComparison.Ordinal))
                .Select(path => path[prefix.Length..].Split('/')[0])
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// Writes a file and creates its parent folders. An existing file keeps its mode and owner unless new ones are given.
    /// </summary>
    public void Write(string path, byte[] content, int? mode = null, string? owner = null)
    {
        var normal = Normal(path);
        var before = _files.GetValueOrDefault(normal);
        MakeFolder(Parent(normal));
        _files[normal] = new MachineFile(content, mode ?? before?.Mode ?? 0b110_100_100, owner ?? before?.Owner ?? "root:root");
    }

    public void Write(string path, string content, int? mode = null) => Write(path, Encoding.UTF8.GetBytes(content), mode);

    public void Append(string path, byte[] content) => Write(path, [.. Find(path)?.Content ?? [], .. content]);

    public void Change(string path, int? mode, string? owner)
    {
        if (Find(path) is { } file)
        {
            _files[Normal(path)] = file with { Mode = mode ?? file.Mode, Owner = owner ?? file.Owner };
        }
    }

    public void MakeFolder(string path)
    {
        for (var at = Normal(path); at.Length > 1; at = Parent(at))
        {
            _folders.Add(at);
        }
    }

    /// <summary>Removes a file, or a folder with its content.</summary>
    public void Remove(string path)
    {
        var normal = Normal(path);
        _files.Remove(normal);
        foreach (var below in Below(normal))
        {
            _files.Remove(below);
        }

        _folders.RemoveWhere(folder => folder == normal || folder.StartsWith(normal + "/", StringComparison.Ordinal));
    }

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var cut ? path[..cut] : "/";

    private static string Normal(string path)
    {
        var kept = new List<string>();
        foreach (var piece in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (piece == "..")
            {
                kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            }
            else if (piece != ".")
            {
                kept.Add(piece);
            }
        }

        return "/" + string.Join('/', kept);
    }

    private sealed record Content(IDictionary<string, MachineFile> Files, ISet<string> Folders);
}
