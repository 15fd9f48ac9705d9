namespace Gantry.Architecture.Tests;

/// <summary>Which project may reference which. A new project gets its place in <see cref="BottomUp"/>.</summary>
public sealed class ProjectGraphTests
{
    /// <summary>A project references only projects that stand before it.</summary>
    private static readonly string[] BottomUp =
    [
        "Gantry.Maas.Access",
        "Gantry.Maas",
        "Gantry.Clusters",
        "Gantry.Kubeadm",
        "Gantry.Protocol",
        "Gantry.Engine",
        "Gantry.Gateway",
        "Gantry.Api",
        "Gantry.Client",
        "Gantry.Server",
        "Gantry.Web",
        "Gantry.Installer",
        "Gantry.ClusterApi",
        "Gantry.Cli",
        "Gantry.Lab.Store",
        "Gantry.Lab.Maas",
        "Gantry.Lab.Kubernetes",
        "Gantry.Lab.Machines",
        "Gantry.Lab",
        "Gantry.Simulator.World",
        "Gantry.Simulator",
        "Gantry.Lab.Cli",
        "Gantry",
    ];

    public static TheoryData<string> Products { get; } =
    [.. Repository.In("src").Concat(Repository.In("lab")).Select(project => project.Name)];

    public static TheoryData<string> SourceProjects { get; } = [.. Repository.In("src").Select(project => project.Name)];

    public static TheoryData<string> EmulatedSystems { get; } =
    ["Gantry.Lab.Store", "Gantry.Lab.Maas", "Gantry.Lab.Kubernetes", "Gantry.Lab.Machines", "Gantry.Lab"];

    [Theory]
    [MemberData(nameof(Products))]
    public void A_project_references_only_lower_projects(string project)
    {
        var place = Array.IndexOf(BottomUp, project);

        Assert.True(place >= 0, $"{project} has no place in {nameof(BottomUp)}: put it after all projects that it references");
        Assert.All(
            Repository.Projects[project].References,
            reference =>
                Assert.True(
                    BottomUp.AsSpan(0, place).Contains(reference.Name),
                    $"{project} references {reference.Name}, which does not stand below it"
                )
        );
    }

    [Theory]
    [InlineData("Gantry.Maas.Access", "", "it knows the addresses and keys of MAAS, and nothing of Gantry")]
    [InlineData("Gantry.Maas", "Gantry.Maas.Access", "the MAAS client knows nothing of Gantry")]
    [InlineData("Gantry.Clusters", "Gantry.Maas.Access", "the domain is pure")]
    [InlineData("Gantry.Kubeadm", "Gantry.Clusters Gantry.Maas.Access", "documents are pure")]
    [InlineData("Gantry.Protocol", "Gantry.Clusters Gantry.Maas.Access", "console and gateway share messages only")]
    [InlineData(
        "Gantry.Engine",
        "Gantry.Clusters Gantry.Maas Gantry.Maas.Access",
        "the engine knows neither console nor gateway, and no distribution"
    )]
    [InlineData(
        "Gantry.Client",
        "Gantry.Api Gantry.Clusters Gantry.Maas.Access",
        "a client of the contract needs nothing of the server"
    )]
    public void A_project_reaches_only_the_allowed_projects(string project, string allowed, string why)
    {
        Assert.True(
            !Repository.Projects.ContainsKey(project) || Repository.Reachable(project).IsSubsetOf(allowed.Split(' ')),
            $"{project} reaches more than [{allowed}]: {why}"
        );
    }

    [Fact]
    public void Only_the_region_adapter_of_the_engine_uses_the_MAAS_client()
    {
        var engine = Path.Combine(Repository.Root, "src", "Gantry.Engine");
        var users = Directory
            .EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadLines(file).Any(IsUseOfClient))
            .Select(file => Path.GetRelativePath(engine, file));

        Assert.NotEmpty(users);
        Assert.All(users, file => Assert.Equal("Regions", Path.GetDirectoryName(file)));

        static bool IsUseOfClient(string line) =>
            line.Contains("Gantry.Maas", StringComparison.Ordinal)
            && !line.Contains("Gantry.Maas.Access", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gantry.Server", "Gantry.Engine")]
    [InlineData("Gantry.Server", "Gantry.Gateway")]
    [InlineData("Gantry.Server", "Gantry.Maas")]
    public void The_console_does_not_reach_the_projects_that_act_on_a_data_centre(string console, string forbidden) =>
        Assert.DoesNotContain(forbidden, Repository.Reachable(console));

    [Theory]
    [MemberData(nameof(EmulatedSystems))]
    public void The_emulated_systems_share_no_code_with_the_product(string project) =>
        Assert.All(Repository.Reachable(project), reached => Assert.Equal("lab", Repository.Projects[reached].Folder));

    [Fact]
    public void The_labs_region_and_clusters_do_not_reference_each_other()
    {
        Assert.Equal(["Gantry.Lab.Store"], Repository.Reachable("Gantry.Lab.Maas"));
        Assert.Equal(["Gantry.Lab.Store"], Repository.Reachable("Gantry.Lab.Kubernetes"));
    }

    [Theory]
    [MemberData(nameof(SourceProjects))]
    public void Production_code_references_the_lab_only_where_a_property_leaves_it_out(string project)
    {
        Assert.All(
            Repository.Projects[project].References.Where(reference => Repository.Projects[reference.Name].Folder is not "src"),
            reference => Assert.Equal(("Gantry", "'$(GantryLab)' != 'false'"), (project, reference.Condition))
        );
        Assert.All(
            Repository.Reachable(project, conditional: false),
            reached => Assert.Equal("src", Repository.Projects[reached].Folder)
        );
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Only_tests_see_the_internals_of_a_project(string project) =>
        Assert.All(Repository.Projects[project].SeenBy, seen => Assert.Equal("tests", Repository.Projects[seen].Folder));
}
