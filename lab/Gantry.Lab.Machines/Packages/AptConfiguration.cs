namespace Gantry.Lab.Machines.Packages;

/// <summary>The proxy in apt's configuration: the last setting counts, and one for a host before one for all.</summary>
internal static class AptConfiguration
{
    private const string Folder = "/etc/apt/apt.conf.d/";

    public static string? ProxyFor(MachineFiles files, string url)
    {
        var uri = new Uri(url);
        var settings = files
            .Names(Folder)
            .SelectMany(name => (files.Find(Folder + name)?.Text ?? "").Split('\n'))
            .Select(line => line.TrimEnd(';').Split(' ', 2))
            .Where(setting => setting.Length is 2)
            .ToLookup(setting => setting[0], setting => setting[1].Trim('"'), StringComparer.OrdinalIgnoreCase);
        var proxy =
            settings[$"Acquire::{uri.Scheme}::Proxy::{uri.Host}"].LastOrDefault()
            ?? settings[$"Acquire::{uri.Scheme}::Proxy"].LastOrDefault();
        return proxy is "DIRECT" ? null : proxy;
    }
}
