using Gantry.Lab.Machines.Shell;

namespace Gantry.Lab.Machines.Packages;

/// <summary>
/// <c>apt-get update</c> and <c>install</c>, <c>apt-mark</c>, <c>dpkg --configure -a</c> and a <c>curl</c> that reaches package
/// repositories. They read apt's own files, and fail in apt's words.
/// </summary>
/// <param name="take">Takes the time that a real machine takes, in seconds.</param>
/// <param name="installed">Called when packages have been installed.</param>
internal sealed class AptPrograms(
    MachineState machine,
    PackageArchive archive,
    Func<double, CancellationToken, Task> take,
    Action installed
)
{
    private const string Lists = "/var/lib/apt/lists/";

    public void Add(Dictionary<string, ShellProgram> programs)
    {
        programs["apt-get"] = AptGetAsync;
        programs["apt"] = AptGetAsync;
        programs["apt-mark"] = (call, _) => Task.FromResult(Mark(call));
        programs["dpkg"] = (call, _) =>
            Task.FromResult(call.Arguments is ["--configure", "-a"] ? 0 : call.Fail("the lab's dpkg knows --configure -a"));
        programs["curl"] = (call, _) => Task.FromResult(Curl(call));
        programs["wget"] = (call, _) =>
            Task.FromResult(call.Fail("unable to resolve host address: machines of the lab have no way out of it", 4));
    }

    private async Task<int> AptGetAsync(ShellCall call, CancellationToken cancellationToken)
    {
        switch (call.Arguments.FirstOrDefault(argument => argument is "update" or "install" or "upgrade" or "dist-upgrade"))
        {
            case "update":
                await take(8, cancellationToken);
                return Update(call);
            case "install":
                await take(25, cancellationToken);
                return Install(call);
            default:
                return 0;
        }
    }

    private int Update(ShellCall call)
    {
        var ignored = false;
        machine.Files.Remove(Lists.TrimEnd('/'));
        machine.Files.MakeFolder(Lists);
        foreach (var source in AptSource.Read(machine.Files))
        {
            if (Unreached(source.Url, AptConfiguration.ProxyFor(machine.Files, source.Url)) is { } problem)
            {
                call.Errors.Append($"W: Failed to fetch {source.Url}InRelease  {problem}\n");
                ignored = true;
                continue;
            }

            if (source.Url.Contains("ubuntu", StringComparison.Ordinal) && archive.Ubuntu.Contains(source.Url))
            {
                if (source.Suites.Contains(machine.Release.Series))
                {
                    Write("ubuntu", machine.Release.Packages);
                }
            }
            else if (archive.Kubernetes.FirstOrDefault(one => one.Url == source.Url) is { } repository)
            {
                if (machine.Files.Find(source.SignedBy)?.Text != repository.Key)
                {
                    call.Errors.Append(
                        $"W: GPG error: {source.Url}  InRelease: The following signatures couldn't be verified because the public key "
                            + $"is not available: NO_PUBKEY 234654DA9A296436\nE: The repository '{source.Url}  InRelease' is not signed.\n"
                    );
                    return 100;
                }

                Write(source.Url, Packages(repository));
            }
            else
            {
                call.Errors.Append($"E: The repository '{source.Url}  Release' does not have a Release file.\n");
                return 100;
            }
        }

        if (ignored)
        {
            call.Errors.Append("W: Some index files failed to download. They have been ignored, or old ones used instead.\n");
        }

        return 0;

        void Write(string source, IEnumerable<KeyValuePair<string, string>> packages) =>
            machine.Files.Write(
                Lists + source.Replace('/', '_'),
                string.Concat(packages.Select(package => $"{package.Key} {package.Value}\n"))
            );
    }

    private static IEnumerable<KeyValuePair<string, string>> Packages(PackageRepository repository) =>
        repository
            .Versions.SelectMany(version =>
                new[] { "kubelet", "kubeadm", "kubectl" }.Select(name => KeyValuePair.Create(name, $"{version}-1.1"))
            )
            .Append(KeyValuePair.Create("cri-tools", "1.36.0-1.1"))
            .Append(KeyValuePair.Create("kubernetes-cni", "1.8.0-1.1"));

    private int Install(ShellCall call)
    {
        var known = machine
            .Files.Below(Lists)
            .SelectMany(path => machine.Files.Find(path)!.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => line.Split(' '))
            .ToLookup(line => line[0], line => line[1]);
        var chosen = new List<(string Name, string Version)>();
        foreach (var wanted in Wanted(call))
        {
            var (name, version) = wanted.Split('=') is [var named, var asked] ? (named, asked) : (wanted, "*");
            if (!known.Contains(name))
            {
                return Refuse(call, $"Unable to locate package {name}");
            }

            // Lists go from old to new.
            if (known[name].LastOrDefault(has => ShellRun.Glob(version).IsMatch(has)) is not { } found)
            {
                return Refuse(call, $"Version '{version}' for '{name}' was not found");
            }

            if (
                machine.Packages.IsHeld(name)
                && machine.Packages.Find(name) != found
                && !call.Arguments.Contains("--allow-change-held-packages")
            )
            {
                return Refuse(call, "Held packages were changed and -y was used without --allow-change-held-packages.");
            }

            chosen.Add((name, found));
        }

        foreach (var (name, version) in chosen)
        {
            machine.Packages.Put(name, version);
        }

        machine.Settle();
        installed();
        return 0;
    }

    private static IEnumerable<string> Wanted(ShellCall call) =>
        ShellPrograms.Operands(call, "-o", "-t").SkipWhile(word => word is not "install").Skip(1);

    private static int Refuse(ShellCall call, string problem)
    {
        call.Errors.Append($"E: {problem}\n");
        return 100;
    }

    private int Mark(ShellCall call)
    {
        if (call.Arguments is not [("hold" or "unhold") and var verb, .. var names])
        {
            return call.Fail("the lab's apt-mark knows hold and unhold");
        }

        foreach (var name in names)
        {
            if (machine.Packages.Find(name) is not { } version)
            {
                return Refuse(call, $"Unable to locate package {name}");
            }

            machine.Packages.Put(name, version, held: verb is "hold");
            call.Say($"{name} set on hold.");
        }

        return 0;
    }

    // "curl -K FILE" and "curl URL", of Release.key alone.
    private int Curl(ShellCall call)
    {
        var settings = call.Arguments.SkipWhile(argument => argument is not "-K").Skip(1).FirstOrDefault() is { } path
            ? Settings(call.Files.Find(path)?.Text ?? "")
            : new Dictionary<string, string> { ["url"] = ShellPrograms.Operands(call, "-o").LastOrDefault() ?? "" };
        var url = settings.GetValueOrDefault("url") ?? "";
        if (archive.Kubernetes.Count > 0 && Unreached(url, settings.GetValueOrDefault("proxy")) is { } problem)
        {
            return Fail(7, $"{problem}");
        }

        const string Key = "Release.key";
        if (archive.Kubernetes.FirstOrDefault(one => one.Url + Key == url) is { } repository)
        {
            return ShellPrograms.Raw(call, repository.Key);
        }

        return archive.Kubernetes.Any(one => Host(one.Url) == Host(url))
            ? Fail(22, "The requested URL returned error: 403")
            : Fail(6, $"Could not resolve host: {Host(url)}");

        int Fail(int status, string message)
        {
            call.Errors.Append($"curl: ({status}) {message}\n");
            return status;
        }
    }

    private static Dictionary<string, string> Settings(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(" = "))
            .ToDictionary(line => line[0], line => line[1].Trim('"'));

    // The lab's DNS knows the servers that are there; a server that is not has no name.
    private string? Unreached(string url, string? proxy)
    {
        if (proxy is not null)
        {
            return archive.Proxies.Contains(proxy.TrimEnd('/')) ? null : $"Could not connect to {Host(proxy)}";
        }

        return archive.NeedsProxy ? $"Could not connect to {Host(url)}: connection timed out"
            : archive.Ubuntu.Concat(archive.Kubernetes.Select(one => one.Url)).Any(there => Host(there) == Host(url)) ? null
            : $"Could not resolve '{Host(url)}'";
    }

    private static string Host(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Host : url;
}
