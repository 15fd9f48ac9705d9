namespace Gantry.Lab.Machines.Packages;

/// <summary>The packages on a machine's disk, in dpkg's file.</summary>
internal sealed class InstalledPackages(Func<MachineFiles> files)
{
    private const string Status = "/var/lib/dpkg/status";

    public bool Has(string name) => Find(name) is not null;

    /// <returns>The version; <c>null</c> when the package is not installed.</returns>
    public string? Find(string name) => All().FirstOrDefault(package => package.Name == name)?.Version;

    public bool IsHeld(string name) => All().Any(package => package.Name == name && package.Held);

    public void Put(string name, string version, bool? held = null) =>
        Write([.. All().Where(package => package.Name != name), new Package(name, version, held ?? IsHeld(name))]);

    private IReadOnlyList<Package> All() =>
        [
            .. (files().Find(Status)?.Text ?? "")
                .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(entry => entry.Split('\n').ToDictionary(line => line.Split(": ")[0], line => line.Split(": ")[1]))
                .Select(entry => new Package(
                    entry["Package"],
                    entry["Version"],
                    entry["Status"].StartsWith("hold", StringComparison.Ordinal)
                )),
        ];

    private void Write(IEnumerable<Package> packages) =>
        files()
            .Write(
                Status,
                string.Concat(
                    packages
                        .OrderBy(package => package.Name, StringComparer.Ordinal)
                        .Select(package =>
                            $"Package: {package.Name}\nStatus: {(package.Held ? "hold" : "install")} ok installed\n"
                            + $"Version: {package.Version}\n\n"
                        )
                )
            );

    private sealed record Package(string Name, string Version, bool Held);
}
